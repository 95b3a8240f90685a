// Added to Bull Board's page by queues/board/page.ts. It changes nothing at the server.

/** Bull Board shows each time through this class. With a name of the zone: in ISO, as in a job's log. */
class IsoDateTimeFormat extends Intl.DateTimeFormat {
  #isIso;

  constructor(locales, options) {
    super(locales, options);
    this.#isIso = options?.timeZone === 'UTC' && options.timeZoneName !== undefined;
  }

  get format() {
    const usual = super.format;
    return this.#isIso ? (at) => `${new Date(at).toISOString().slice(0, 19)}Z` : usual;
  }
}
Intl.DateTimeFormat = IsoDateTimeFormat;

const shownMs = 20_000;

/** Shows the job that a retry has recorded, with a link to it. */
function showRetried({ retriedAs, path }) {
  document.querySelector('#ghostifi-toast')?.remove();
  const toast = document.createElement('div');
  toast.id = 'ghostifi-toast';
  toast.setAttribute('role', 'status');
  const link = document.createElement('a');
  link.href = path;
  link.textContent = retriedAs;
  toast.append('Retried as ', link, '. This job stays as it is; it leaves the list once the new one has succeeded.');
  document.body.append(toast);
  setTimeout(() => toast.remove(), shownMs);
}

const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (...body) {
  this.addEventListener('load', () => {
    if (this.status !== 200 || !/\/retry$/.test(this.responseURL)) return;
    const answer = typeof this.response === 'string' ? JSON.parse(this.response) : this.response;
    if (typeof answer?.retriedAs === 'string') showRetried(answer);
  });
  return send.apply(this, body);
};

/** A line of a log that names the page of another job gets a link to it. */
function addLinks() {
  for (const line of document.querySelectorAll('[class*="preWrapper-"] li:not(:has(> a.ghostifi-link))')) {
    const [path] = /\/admin\/queues\/queue\/[\w-]+\/[\w-]+/.exec(line.firstChild?.textContent ?? '') ?? [];
    if (!path) continue;
    const link = document.createElement('a');
    link.className = 'ghostifi-link';
    link.href = path;
    link.textContent = 'open';
    line.append(link);
  }
}
new MutationObserver(addLinks).observe(document, { childList: true, subtree: true });
