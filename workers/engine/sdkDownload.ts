// A program of its own: `node sdkDownload.ts PROGRAM FOLDER`. The SDK downloads when it starts a server, and not
// otherwise; so it starts one with nothing in it, and the file stays in FOLDER.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [program, downloadDir] = process.argv.slice(2);
if (program === undefined || downloadDir === undefined) throw new Error('usage: sdkDownload.ts PROGRAM FOLDER');
const server = { executable: { type: 'cached-download', downloadDir } } as const;
try {
  const environment = await (program === 'temporal'
    ? TestWorkflowEnvironment.createLocal({ server })
    : TestWorkflowEnvironment.createTimeSkipping({ server }));
  await environment.teardown();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
