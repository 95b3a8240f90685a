// Makes the pages live. They read and act without it.
document.documentElement.classList.add('scripted');

/** `2026-01-31 13:00:00 +01:00`: as wide as what the server wrote, so that nothing moves. */
function localTime(at) {
  const minutes = -at.getTimezoneOffset();
  const digits = (number) => String(Math.trunc(Math.abs(number))).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${digits(minutes / 60)}:${digits(minutes % 60)}`;
  // Sweden writes dates as ISO 8601 does.
  return `${at.toLocaleString('sv-SE')} ${offset}`;
}

function showLocalTimes() {
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime);
    if (!Number.isNaN(at.getTime())) element.textContent = localTime(at);
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add('done');
  setTimeout(() => button.classList.remove('done'), 1500);
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('button.copy') : null;
  if (button) copy(button).catch(() => button.classList.remove('done'));
});

/** A second click on a button of a form that has been sent does nothing; the server would give the same answer. */
document.addEventListener('submit', (event) => {
  for (const button of event.target.querySelectorAll('button[type=submit]')) {
    setTimeout(() => {
      button.disabled = true;
    });
  }
});
// A page that the browser shows again has its buttons back.
addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll('form button[disabled]')) button.disabled = false;
});

/** Shows a job as it goes on. When it has ended, the page is loaded again. */
function followJob(element) {
  const source = new EventSource(`/v1/jobs/${encodeURIComponent(element.dataset.job)}/events`);
  const show = ({ state, progress, attempts, error }) => {
    element.querySelector('[data-part=state]').textContent = state;
    element.querySelector('[data-part=step]').textContent = progress?.step ?? '';
    element.querySelector('[data-part=attempts]').textContent = String(attempts);
    element.querySelector('[data-part=error]').textContent = error ?? '';
    element.querySelector('progress').value = progress?.percent ?? 0;
  };
  source.addEventListener('progress', (event) => show(JSON.parse(event.data)));
  source.addEventListener('end', () => {
    source.close();
    location.reload();
  });
}

showLocalTimes();
document.addEventListener('htmx:after:swap', showLocalTimes);
for (const element of document.querySelectorAll('[data-job]')) followJob(element);
