// Makes the page live. Without this script everything works too.

function showTimes(root) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  for (const time of root.querySelectorAll('time[datetime]')) time.textContent = format.format(new Date(time.dateTime));
}

function fillZones(root) {
  for (const input of root.querySelectorAll('input[data-own-zone]'))
    input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || input.value;
}

function prepare(root) {
  showTimes(root);
  fillZones(root);
}

function sectionsOf(page) {
  return [...page.querySelectorAll('main > section[id]')];
}

/** Each section as the server sent it. */
const known = new Map(sectionsOf(document).map((section) => [section.id, section.outerHTML]));

/** Shows the sections of the page. One in which somebody types or chooses stays as it is. */
function replaceChanged(page) {
  const sections = sectionsOf(page);
  const ids = sections.map(({ id }) => id);
  for (const shown of sectionsOf(document)) if (!ids.includes(shown.id)) shown.remove();
  for (const [at, section] of sections.entries()) {
    const shown = document.getElementById(section.id);
    if (shown) update(shown, section);
    else insert(section, ids[at - 1]);
  }
}

function update(shown, section) {
  const text = section.outerHTML;
  if (known.get(section.id) === text || shown.contains(document.activeElement)) return;
  known.set(section.id, text);
  shown.className = section.className;
  shown.replaceChildren(...section.childNodes);
  prepare(shown);
}

function insert(section, idBefore) {
  known.set(section.id, section.outerHTML);
  const before = document.getElementById(idBefore);
  if (before) before.after(section);
  else document.querySelector('main').prepend(section);
  prepare(section);
}

/** Shows the present state. Resolves with whether it may change soon. */
async function look() {
  try {
    const answer = await fetch(location.pathname, { cache: 'no-store', redirect: 'error' });
    if (!answer.ok) return answer.status !== 404;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    document.title = page.title;
    replaceChanged(page);
    return page.body.hasAttribute('data-live');
  } catch {
    // Not reachable now.
    return true;
  }
}

const lookEveryMs = 3_000;

async function lookUntilDone() {
  for (let goesOn = true; goesOn; ) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    if (!document.hidden) goesOn = await look();
  }
}

prepare(document);
if (document.body.hasAttribute('data-live')) lookUntilDone();
