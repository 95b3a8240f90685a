/** Loaded into a worker by `--import`: SIGUSR2 blocks its event loop for as long as BLOCK_MS says. */
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.BLOCK_MS));
});
