/* Results that arrive as they are produced. EventSource cannot send a POST, so this code reads the events, by the HTML Living Standard, 9.2.6. */
const eventStream = 'text/event-stream';
function eventReader(take) {
  /* A line that has not ended is kept in pieces: joining them for each new piece would take quadratic time for a long line. */
  let pieces = [], data = [], type = '', endedInCr = false;
  function line(text) {
    if (text === '') {
      if (data.length && (type === '' || type === 'message')) take(data.join('\n'));
      data = []; type = '';
      return;
    }
    const colon = text.indexOf(':'), name = colon < 0 ? text : text.slice(0, colon), value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1);
    /* A line that begins with a colon is a comment. */
    if (name === 'data') data.push(value);
    else if (name === 'event') type = value;
  }
  return text => {
    if (text === '') return;
    /* CRLF may arrive in two pieces. */
    let at = endedInCr && text[0] === '\n' ? 1 : 0;
    endedInCr = text.endsWith('\r');
    const ends = /\r\n|\r|\n/g;
    ends.lastIndex = at;
    for (let end; (end = ends.exec(text)); at = ends.lastIndex) {
      pieces.push(text.slice(at, end.index));
      const whole = pieces.join('');
      pieces = [];
      line(whole);
    }
    if (at < text.length) pieces.push(text.slice(at));
  };
}

/*
 * Reads the stream of the call with this id (its JSON text), passes on items and reports, and returns the response; null if the stream ended without a response and so is
 * incomplete. A message that is not JSON throws a SyntaxError; a connection that breaks throws the browser's error.
 */
async function readStream(body, id, { item, report, size }) {
  const reader = body.getReader(), decoder = new TextDecoder();
  let response = null, restedAt = performance.now();
  const isOurs = node => { const own = member(node, 'id'); return !!own && oneLine(own) === id; };
  const events = eventReader(text => {
    if (response) return;
    const message = read(text), name = textOf(member(message, 'method')), parts = member(message, 'params');
    if (name === 'rpc.item' && isOurs(parts)) item(member(parts, 'item') ?? read('null'));
    else if (name === 'rpc.progress' && isOurs(parts)) report(member(parts, 'value') ?? read('null'));
    else if (!name && (member(message, 'result') || member(message, 'error')) && isOurs(message)) response = message;
  });
  try {
    while (!response) {
      const { done, value } = await reader.read();
      if (done) return null;
      size(value.byteLength);
      events(decoder.decode(value, { stream: true }));
      /* Data that has already arrived is read without a pause; the page needs pauses to stay responsive. */
      if (performance.now() - restedAt > 30) {
        await new Promise(resolve => setTimeout(resolve));
        restedAt = performance.now();
      }
    }
    return response;
  } finally {
    reader.cancel().catch(() => { });
  }
}

/* The progress of a report, 0 to 1; null if it is unknown. A bare number may be a percentage or a count, so it needs a schema with a maximum. */
function fractionOf(value, schema) {
  const number = v => v && v.kind === 'n' ? Number(v.raw) : NaN;
  const part = (some, all) => some >= 0 && all > 0 && some <= all ? some / all : null;
  if (value.kind === 'n') return part(number(value), Number(shortLimit(resolve(schema).maximum) ?? NaN));
  const named = names => number(names.map(name => value.kind === '{' && value.items.find(i => decode(i.key).toLowerCase() === name)?.value).find(Boolean));
  return part(named(['percent', 'percentage']), 100) ?? part(named(['fraction', 'ratio']), 1)
    ?? part(named(['done', 'current', 'completed', 'processed']), named(['total', 'count', 'of', 'all']));
}

/*
 * The view of a stream while it arrives. Laying out each of many items would keep the browser busy, so only the newest are shown, at most ten times a second. All items are kept
 * for saving.
 */
const mostItems = 200, mostItemText = 2000, showEvery = 100, sayEvery = 10000;
const counted = (n, what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
const timeText = time => time < 10 ? `${time.toFixed(1)} ms` : time < 10000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(1)} s`;
function streamView(isOfReports, schema, isShown) {
  const list = $('items'), began = performance.now();
  let items = 0, reports = 0, newest = [], latest = null, lastAt = null, timer = 0, saidAt = began, isAnyCut = false, blobs = [], texts = [], textSize = 0;
  $('live').hidden = false; $('stop').hidden = false;
  $('tally').textContent = isOfReports ? 'No report yet.' : 'No item yet.';
  $('bar').hidden = !isOfReports; $('bar').removeAttribute('value');
  const summary = () => [items || !reports && !isOfReports ? counted(items, 'item') : '', reports || isOfReports ? counted(reports, 'report') : ''].filter(Boolean).join(', ');
  function put(target, node) {
    const text = oneLine(node);
    if (text.length > mostItemText) { target.textContent = text.slice(0, mostItemText) + '\u2026'; return; }
    const pieces = [];
    write(node, (piece, kind) => pieces.push(kind ? make(kind === 's' || kind === 'k' ? 'bdi' : 'span', { className: kind, textContent: piece }) : piece.replace(/\n\s*/g, ' ')));
    target.replaceChildren(...pieces);
  }
  function draw() {
    clearTimeout(timer); timer = 0;
    if (!isShown()) return;
    if (newest.length) {
      list.hidden = false;
      /* A user who has scrolled up is reading: the list follows the newest item only if it is scrolled to the end. */
      const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 30, first = items - newest.length + 1;
      if (newest.length === mostItems) list.replaceChildren();
      newest.forEach((node, i) => {
        const value = make('span', { className: 'value' });
        put(value, node);
        list.append(make('li', {}, make('small', { textContent: (first + i).toLocaleString('en') }), value));
      });
      newest = [];
      while (list.childElementCount > mostItems) list.firstElementChild.remove();
      if (isAtEnd) list.scrollTop = list.scrollHeight;
    }
    if (latest) {
      $('latest').hidden = false;
      put($('latest'), latest);
      const fraction = fractionOf(latest, schema);
      $('bar').hidden = false;
      if (fraction === null) $('bar').removeAttribute('value'); else $('bar').value = fraction;
    }
    if (lastAt === null) return;
    const now = performance.now(), rate = (items + reports) / (now - began) * 1000;
    $('tally').textContent = [summary(), rate >= 1 ? `${Math.round(rate).toLocaleString('en')} a second` : '',
      `last at ${lastAt.toLocaleTimeString()}`].filter(Boolean).join(' \u00b7 ')
      + (items > mostItems ? ` \u00b7 the last ${mostItems} are shown` : '');
    /* A screen reader gets the number of items from time to time, not each item. */
    if (now - saidAt > sayEvery) { saidAt = now; say(summary() + ' so far.'); }
  }
  function came() {
    lastAt = new Date();
    timer ||= setTimeout(draw, showEvery);
  }
  return {
    summary,
    item(node) {
      const text = (items++ ? ',\n' : '') + oneLine(node);
      texts.push(text); textSize += text.length;
      isAnyCut ||= text.length > mostItemText;
      /* The browser may keep a blob on its disk. */
      if (textSize > 1e6) { blobs.push(new Blob(texts)); texts = []; textSize = 0; }
      newest.push(node);
      if (newest.length > mostItems) newest.shift();
      came();
    },
    report(node) { reports++; latest = node; came(); },
    /* The stream has ended. An indeterminate progress bar would keep moving, so it is hidden. */
    end() {
      draw();
      if (!isShown()) return;
      if (document.activeElement === $('stop')) $('go').focus();
      $('stop').hidden = true;
      if (!$('bar').hasAttribute('value')) $('bar').hidden = true;
      $('live').hidden = !items && !reports;
      if (items > mostItems || isAnyCut)
        offer(new Blob(['[', ...blobs, ...texts, ']\n'], { type: 'application/json' }),
        items > mostItems ? `The last ${mostItems} of ${counted(items, 'item')}.` : 'Long items are cut.', 'Save all items', 'items.json');
    },
  };
}
function hideStream() { $('live').hidden = true; $('latest').hidden = true; $('items').hidden = true; $('items').replaceChildren(); $('latest').replaceChildren(); }
