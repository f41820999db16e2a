import { Server, Socket } from 'node:net';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './processes.ts';

// A program of its own: imports every module of the product and prints, as JSON, what reads the environment or opens a
// socket while it is imported. Programs are skipped: importing one runs it.
const programs = /(^|\/)(main|local|health|sdkDownload|inventorySchema|uiProxy)\.ts$/;
const noticed = new Set<string>();

function notice(what: string): void {
  const frames = new Error().stack?.split('\n') ?? [];
  const ours = frames.slice(3).find((line) => line.includes(`${projectFolder}/`) && !line.includes('/node_modules/'));
  if (ours !== undefined && !ours.includes(import.meta.filename)) noticed.add(`${what}: ${ours.trim()}`);
}

const env = new Proxy(process.env, {
  get(target, name) {
    notice(`reads ${String(name)}`);
    return Reflect.get(target, name) as unknown;
  },
});
Object.defineProperty(process, 'env', { value: env });
for (const [prototype, name] of [
  [Socket.prototype, 'connect'],
  [Server.prototype, 'listen'],
] as const) {
  const original = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
  Object.defineProperty(prototype, name, {
    value(this: unknown, ...args: unknown[]) {
      notice(name);
      return original.apply(this, args);
    },
  });
}

const rooms = '{domain,datadog,inventory,policy,auth,config,activities,workflows,client,workers}';
const files = globSync(`${rooms}/**/*.ts`, { cwd: projectFolder }).filter((file) => !programs.test(file));
for (const file of files) await import(join(projectFolder, file));
process.stdout.write(JSON.stringify({ modules: files.length, noticed: [...noticed] }));
