/**
 * Loaded into a child by `--import …?parent=<pid>`: ends it when the process that started it is gone, also by kill -9, so
 * that no worker of a forgotten run goes on in the background.
 */
const lookEveryMs = 500;
const parent = Number(new URL(import.meta.url).searchParams.get('parent'));

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, lookEveryMs).unref();
