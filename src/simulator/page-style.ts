/** The style sheet of the simulator's page. */
export const css = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6475; --line: #e4e7ec; --paper: #fff; --back: #f6f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #a9b2c0; --line: #2c3442; --paper: #171c24; --back: #0f1319; }
}
body { margin: 0 auto; max-width: 84rem; padding: 2rem 1.5rem; font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 0 0 .75rem; font-size: 1rem; } p { margin: .25rem 0 0; color: var(--soft); }
ul { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
li { min-width: 7rem; padding: .6rem 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--paper); color: var(--soft); }
li strong { display: block; font-size: 1.4rem; color: var(--ink); }
section { margin-bottom: 1.25rem; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--paper); }
.scroll { overflow: auto; max-height: 30rem; } table { width: 100%; border-collapse: collapse; }
th { position: sticky; top: 0; background: var(--paper); color: var(--soft); font-weight: 500; text-align: left; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 2.5rem; } td:nth-child(2) { white-space: nowrap; }
td, code { font-family: ui-monospace, monospace; font-size: 12px; } .none { color: var(--soft); }
b { padding: .1rem .45rem; border-radius: 1rem; font-weight: 600; background: #98a2b333; }
.active, .s2 { color: light-dark(#067647, #75e0a7); background: #17b26a26; }
.installing, .open, .s3 { color: light-dark(#93370d, #fdb022); background: #f7900926; }
.lost, .s4, .s5 { color: light-dark(#b42318, #fda29b); background: #f0443826; } .removed { color: var(--soft); }
.scroll:focus-visible { outline: 2px solid #4bb6a5; }
`;
