import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { isAlive, type Runtime } from '../../config/runtime.ts';
import { eventually } from '../support/muster.ts';
import { cleanEnvironment, projectFolder, startProgram } from '../support/processes.ts';
import { gatewayPort } from '../support/ports.ts';

const left: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of left.splice(0).toReversed()) await undo();
});

/** `npm start` in a folder of its own, whose path has a space in it, and on a port of its own. */
async function start(...args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'muster-start-'));
  left.push(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, 'a home');
  const port = await gatewayPort();
  const env = { ...cleanEnvironment(), NO_COLOR: '1' };
  const begin = (...args: string[]) => {
    const program = startProgram('workers/local.ts', {
      args,
      env: { ...env, MUSTER_HOME: home, MUSTER_PORT: String(port) },
    });
    left.push(() => program.end('SIGTERM'));
    return program;
  };
  const program = begin(...args);
  /** Copied from the screen into another terminal in this folder, in which no variable is set. */
  const paste = async (line: string) => {
    const command = line.replace('npx muster', `'${process.execPath}' client/cli/main.ts`);
    const child = spawn('sh', ['-c', command], { cwd: projectFolder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await ended;
    return { line, code: child.exitCode, out, err };
  };
  const says = (words: string) =>
    eventually(
      `"${words}"`,
      () => {
        if (!program.isRunning()) throw new Error(`npm start ended: ${program.said.out}${program.said.err}`);
        return program.said.out.includes(words);
      },
      60_000,
    );
  const runtime = async () => JSON.parse(await readFile(join(home, 'runtime.json'), 'utf8')) as Runtime;
  const enginePid = async () => (JSON.parse(await readFile(join(home, 'engine.json'), 'utf8')) as { pid: number }).pid;
  return { home, port, program, begin, paste, says, runtime, enginePid };
}

test('Ctrl-C during the demonstration ends it at once, without stack trace or leftovers', async () => {
  const { home, program, begin, says, enginePid } = await start();
  await says('1. HR: Sam Example');
  const pid = await enginePid();
  const beside = await begin('--once').exited;
  expect(beside).toMatchObject({ code: 2, err: expect.stringContaining(`Muster runs already in ${home}`) });
  // npm passes on the signal that the terminal has sent to both.
  process.kill(program.pid, 'SIGINT');
  const { code, signal, out, err } = await program.end('SIGINT');
  expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
  expect(out).toContain('Stopping');
  expect(isAlive(pid)).toBe(false);
});

test('Ctrl-C that ends the reader of a pipe too still ends everything in order', async () => {
  const { home, program, says, enginePid } = await start();
  await says('1. HR: Sam Example');
  const pid = await enginePid();
  program.hangUp();
  expect(await program.end('SIGINT')).toMatchObject({ code: 0, signal: null });
  expect(isAlive(pid)).toBe(false);
  expect(await readdir(home)).not.toContain('runtime.json');
});

test('the demonstration ends as it should at an awkward Datadog', async () => {
  const seed = String(randomInt(1_000_000));
  process.stderr.write(`awkward demonstration: seed ${seed}\n`);
  const { program } = await start('--once', '--awkward', seed);
  const { code, out, err } = await program.exited;
  expect({ code, err, out }).toEqual({ code: 0, err: '', out: expect.stringContaining('ended as it should.') });
}, 180_000);

test('the output of npm start is true, and each command in it works in another terminal', async () => {
  const { home, port, program, paste, says, runtime } = await start();
  await says('In another terminal');
  await says('npx muster approvals list');
  const { out } = program.said;
  for (const row of [
    /Mode +enforce: Muster writes to Datadog \(simulated\)/,
    /Policy +\S+policy\.example\.yaml/,
    new RegExp(`Home +${home}`),
    new RegExp(`Gateway +http://127\\.0\\.0\\.1:${port}\n`),
  ]) {
    expect(out).toMatch(row);
  }
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  await says('The demonstration ended as it should.');
  const shown = program.said.out.match(/MUSTER_HOME=(?:'[^']*'|\S+) npx muster [^\n)]+/g) ?? [];
  expect(shown.length).toBeGreaterThanOrEqual(6);
  const pasted = Promise.all(shown.map(paste));
  const { simulator } = await runtime();
  await eventually(
    'the invitation of pat',
    async () => {
      const body = JSON.stringify({ email: 'pat@example.com' });
      return (await fetch(`${simulator?.url}/control/accept`, { method: 'POST', body })).ok;
    },
    60_000,
  );
  const [first = ''] = shown;
  expect(await paste(first.replace(/npx muster.*/, 'npx muster sync run'))).toMatchObject({ code: 0 });
  for (const { line, code, err } of await pasted) expect({ line, code, err }).toMatchObject({ line, code: 0 });
  expect(await program.end('SIGTERM')).toMatchObject({ code: 0, err: '' });
}, 180_000);
