/**
 * A thread that checkpoints the WAL of the database file in its `workerData`, at each message (`CheckpointMode`), and
 * answers with a `CheckpointReply`. It is JavaScript, because a thread that strips types takes 18 MB more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import SqliteConnection from 'better-sqlite3';

/** Writers wait as long as this for a reader of an old page, and then the checkpoint gives up. */
const restartTimeoutMs = 20;

const connection = new SqliteConnection(workerData.file, { fileMustExist: true, timeout: restartTimeoutMs });
// A checkpoint syncs the WAL before it copies, and the database file before it lets the WAL begin again. OFF would not.
connection.pragma('synchronous = NORMAL');

parentPort.on('message', (mode) => {
  if (mode !== 'close') return parentPort.postMessage(checkpoint(mode));
  connection.close();
  parentPort.close();
});

function checkpoint(mode) {
  try {
    // First without the write lock, so that a restart, which takes it, has few pages left to copy.
    const isPassed = run('PASSIVE');
    return { isComplete: mode === 'passive' ? isPassed : run('RESTART'), error: null };
  } catch (error) {
    return { isComplete: false, error: `${error.code}: ${error.message}` };
  }
}

function run(mode) {
  return connection.prepare(`PRAGMA wal_checkpoint(${mode})`).get().busy === 0;
}
