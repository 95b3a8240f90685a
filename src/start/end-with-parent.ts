/**
 * Loaded into a child by `--import …?parent=<pid>`. Ends the child when its parent is gone, also after kill -9.
 * Otherwise a worker would keep running in the background.
 */
const checkEveryMs = 500;
const parent = Number(new URL(import.meta.url).searchParams.get('parent'));

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, checkEveryMs).unref();
