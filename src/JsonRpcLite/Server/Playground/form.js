/* Forms from schemas. The server's document is kept as text, to show it, and as values (root), to build forms from it. */
let root = null;
function resolve(schema) {
  for (let i = 0; i < 20 && schema && typeof schema === 'object'; i++) {
    if (Array.isArray(schema.allOf) && schema.allOf.length === 1) { const { allOf, ...rest } = schema; schema = { ...resolve(allOf[0]), ...rest }; continue; }
    if (typeof schema.$ref !== 'string') break;
    schema = schema.$ref.split('/').slice(1).reduce((o, p) => {
      try { p = decodeURIComponent(p); } catch { }
      return o?.[p.replace(/~1/g, '/').replace(/~0/g, '~')];
    }, root);
  }
  return schema && typeof schema === 'object' ? schema : {};
}
const typesOf = s => (s.type === undefined ? [] : [].concat(s.type));
let serial = 0;

/*
 * The formats of strings: their name, an example, what System.Text.Json reads (a rule for warnings only, since the server decides), and the browser's picker.
 * An offset decides which instant a date-time is, so the picker writes this browser's offset; a text without an offset stays without one.
 */
const two = n => String(n).padStart(2, '0');
const localTime = d =>
  `${String(d.getFullYear()).padStart(4, '0')}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
const withSeconds = time => /^(?:.*T)?\d\d:\d\d$/.test(time) ? time + ':00' : time;
function offsetOf(d) {
  const minutes = -d.getTimezoneOffset(), size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
const hasOffset = text => /(?:Z|[+-]\d\d:\d\d)$/.test(text);
const formats = {
  'date-time': {
    name: 'date-time', example: '2026-03-09T14:30:00+01:00', hint: 'Z is UTC. Without an offset, the server chooses the time zone.',
    rule: /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/,
    picker: 'datetime-local', words: 'Pick a date and time',
    toPicker: text => hasOffset(text) && !isNaN(new Date(text)) ? localTime(new Date(text)) : text.slice(0, 19),
    fromPicker: (picked, before) => withSeconds(picked) + (before !== '' && !hasOffset(before) ? '' : offsetOf(new Date(picked))),
  },
  date: { name: 'date', example: '2026-03-09', rule: /^\d{4}-\d\d-\d\d$/, picker: 'date', words: 'Pick a date', toPicker: text => text, fromPicker: picked => picked },
  time: {
    name: 'time', example: '14:30:00', rule: /^\d{1,2}:\d\d(:\d\d(\.\d{1,7})?)?$/,
    picker: 'time', words: 'Pick a time', toPicker: text => text.slice(0, 8), fromPicker: withSeconds,
  },
  span: { name: 'time span', example: '1.02:30:00', hint: 'Days, hours, minutes and seconds: 1.02:30:00 is one day, two and a half hours. Without days: 02:30:00.',
    rule: /^-?(\d+|(\d+\.)?\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,7})?)?)$/ },
  duration: { name: 'duration', example: 'P1DT2H30M' },
  uuid: { name: 'uuid', example: '3f2504e0-4f89-41d3-9a0c-0305e82c3301', rule: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, make: newUuid, words: 'New' },
  uri: { name: 'uri', example: 'https://example.com/page', mode: 'url' },
  'uri-reference': { name: 'uri-reference', example: '/page?x=1', mode: 'url' },
  email: { name: 'email', example: 'ada@example.com', mode: 'email' },
  version: { name: 'version', example: '1.2.3', rule: /^\d+(\.\d+){1,3}$/ },
  base64: { name: 'base64', example: 'SGVsbG8=', rule: /^([\w+/]{4})*([\w+/]{2}==|[\w+/]{3}=)?$/ },
};
/* System.Text.Json describes a TimeSpan and a Version by their patterns alone. */
function formatOf(s) {
  if (s.contentEncoding === 'base64') return formats.base64;
  if (typeof s.pattern === 'string' && s.pattern.startsWith('^-?(\\d+\\.)?\\d{2}:\\d{2}:\\d{2}')) return formats.span;
  if (s.pattern === '^\\d+(\\.\\d+){1,3}$') return formats.version;
  return typeof s.format === 'string' ? Object.hasOwn(formats, s.format) ? formats[s.format] : { name: s.format } : null;
}
/* Not crypto.randomUUID, which is missing if the page was loaded over plain HTTP from another machine. */
function newUuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = b[6] & 15 | 64; b[8] = b[8] & 63 | 128;
  return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? '-' : '') + x.toString(16).padStart(2, '0')).join('');
}
/* The limits of 32 and 64 bits are not shown, but still checked. */
const shortLimit = limit => limit?.digits?.length < 9 ? limit.digits : undefined;
function typeText(s, format) {
  const [least, most, isLong] = [shortLimit(s.minimum), shortLimit(s.maximum), s.minLength?.digits !== undefined || s.maxLength?.digits !== undefined];
  const between = (a, b) => a !== undefined && b !== undefined ? (a === b ? a : `${a} to ${b}`) : a !== undefined ? `at least ${a}` : `at most ${b}`;
  return [typesOf(s).join(' or ') || 'any JSON', format?.name,
    least !== undefined || most !== undefined ? between(least, most) : null,
    isLong ? between(s.minLength?.digits, s.maxLength?.digits) + ' characters' : null,
    typeof s.pattern === 'string' && !format ? 'matches ' + s.pattern : null].filter(Boolean).join(' \u00b7 ');
}

/*
 * A widget has an element, get() (JSON text, or undefined to leave the member out), set(node or undefined), check() (marks required values that are empty, and returns their
 * widgets), find(path) (the widget at a path inside, or the nearest one around it), mark(text) and clear() for errors, and focus().
 */
function widget(schema, name, required, depth) {
  const s = resolve(schema), types = typesOf(s), main = types.filter(t => t !== 'null'), nullable = types.includes('null');
  if (depth < 4 && main.length === 1 && main[0] === 'object' && s.properties) return objectWidget(s, name, required, nullable, depth);
  if (depth < 4 && main.length === 1 && main[0] === 'array' && s.items !== undefined && !Array.isArray(s.items)) return arrayWidget(s, name, required, nullable, depth);
  const choices = choicesOf(s) || (main.length === 1 && main[0] === 'boolean' ? [{ raw: 'true', label: 'true' }, { raw: 'false', label: 'false' }] : null);
  return choices ? choiceWidget(s, name, required, nullable, choices) : textWidget(s, name, required, nullable, main.length === 1 ? main[0] : '');
}
function choicesOf(s) {
  if (Array.isArray(s.enum)) return s.enum.map(v => ({ raw: literal(v), label: typeof v === 'string' ? v : literal(v) }));
  const list = s.anyOf || s.oneOf;
  return Array.isArray(list) && list.length && list.every(o => o && typeof o === 'object' && 'const' in o)
    ? list.map(o => ({ raw: literal(o.const), label: o.title && o.title !== 'null' ? `${o.title} (${literal(o.const)})` : literal(o.const) })) : null;
}

/* The frame of every control: its label, type, hint, and error. */
function frame(id, name, type, hints, required, tools) {
  const note = make('p', { className: 'note', id: id + 'n', hidden: true, dir: 'auto' });
  const element = make('div', { className: 'field' }), head = make('div', { className: 'row head' });
  if (name !== null) head.append(make('label', { htmlFor: id, id: id + 'l', dir: 'auto', textContent: name }),
    make('span', { className: 'type', textContent: type + (required ? '' : ', optional') }));
  for (const tool of tools) { head.append(tool); (tool.querySelector('select') ?? tool).setAttribute('aria-describedby', id + 'l'); }
  if (head.childElementCount) element.append(head);
  hints.forEach((hint, i) => element.append(make('p', { className: 'hint', id: `${id}h${i}`, textContent: hint, dir: 'auto' })));
  const describe = control => {
    if (name === null) control.setAttribute('aria-label', 'Value');
    if (required) control.setAttribute('aria-required', 'true');
    control.setAttribute('aria-describedby', [...hints.map((_, i) => `${id}h${i}`), id + 'n'].join(' '));
  };
  const mark = (control, text) => {
    note.textContent = text ?? ''; note.hidden = !text;
    if (text) control.setAttribute('aria-invalid', 'true'); else control.removeAttribute('aria-invalid');
  };
  return { element, note, describe, mark };
}
function leaf(parts) {
  const self = { clear: () => self.mark(''), check: () => [], ...parts, find: () => self };
  if (parts.missing) self.check = () => { const text = parts.missing(); if (text) self.mark(text); return text ? [self] : []; };
  return self;
}
/*
 * The list of the ways to send an empty control: left out, as null, as empty text. If there is only one way, there is no list; the way is still shown if it is null.
 */
const waysOf = (required, nullable, more) => [...(required ? [] : [['out', 'left out']]), ...(nullable ? [['null', 'null']] : []), ...more];
function waySelect(words, ways, changed) {
  const select = make('select', { className: 'small' }, ...ways.map(([value, label]) => make('option', { value, textContent: label })));
  select.addEventListener('input', changed);
  const element = ways.length < 2 ? make('span', { className: 'way' }, words, ways[0][1]) : make('label', { className: 'way' }, words, select);
  element.hidden = ways.length < 2 && ways[0][0] !== 'null';
  return { element, get: () => select.value, set: value => { select.value = value; if (select.selectedIndex < 0) select.selectedIndex = 0; } };
}

function choiceWidget(s, name, required, nullable, choices) {
  const id = 'f' + ++serial, typeName = choicesOf(s) ? 'one of' : typesOf(s).join(' or '),
    standard = s.default !== undefined && s.default !== null ? ` (${literal(s.default)})` : '';
  if (nullable && !choices.some(c => c.raw === 'null')) choices = [...choices, { raw: 'null', label: 'null' }];
  const control = make('select', { id },
    make('option', { value: '', textContent: required ? 'choose' : 'left out' + standard }), ...choices.map(c => make('option', { value: c.raw, textContent: c.label })));
  const around = frame(id, name, typeName, s.description ? [s.description] : [], required, []);
  let kept = null;
  around.describe(control);
  around.element.append(control, around.note);
  control.addEventListener('input', () => { kept = null; around.mark(control, ''); changed(); });
  return leaf({
    element: around.element,
    get: () => kept ?? (control.value || undefined),
    set(node) {
      control.value = node ? pretty(node) : '';
      /* A value that the list does not have, such as another spelling that the server accepts, is sent as it is. */
      kept = node && control.selectedIndex < 0 ? pretty(node) : null;
      if (control.selectedIndex < 0) control.value = '';
      around.mark(control, kept === null ? '' : `${kept} is sent; it is not in this list.`);
    },
    missing: () => required && kept === null && control.value === '' ? 'Required: choose a value.' : '',
    mark: text => around.mark(control, text),
    focus: () => control.focus(),
  });
}

function textWidget(s, name, required, nullable, type) {
  const id = 'f' + ++serial, isText = type === 'string', isNumber = type === 'integer' || type === 'number', format = isText ? formatOf(s) : null;
  const mayBeEmpty = isText && !(Number(s.minLength?.digits) >= 1) && (!format || !format.rule || format === formats.base64);
  const ways = waysOf(required, nullable, mayBeEmpty ? [['text', 'empty text']] : []);
  if (required && !nullable) ways.unshift(['ask', 'not filled in']);
  const way = waySelect('If empty: ', ways, () => { kept = null; note(); changed(); });
  /* Not a number input: it would change digits, such as those of 1e400, and its wheel values. */
  const placeholder = s.default !== undefined && s.default !== null ? literal(s.default) : typeof s.examples?.[0] === 'string' ? s.examples[0] : format?.example ?? '';
  const isLine = isText || isNumber;
  let control, kept = null;

  const lines = make('button', { className: 'small quiet', type: 'button', textContent: 'Multi-line' });
  const around = frame(id, name, typeText(s, format), [s.description, format?.hint].filter(Boolean), required, isText && !format ? [lines, way.element] : [way.element]);
  const box = make('div', { className: 'input' });
  const isMulti = () => control.tagName === 'TEXTAREA';
  const empties = () => way.element.classList.toggle('unused', control.value !== '');
  function edited() { kept = null; note(); empties(); changed(); }
  function put(multi) {
    const next = multi ? make('textarea', { id, rows: isText ? 3 : 1, dir: 'auto', spellcheck: isText && !format })
      : make('input', { id, type: 'text', autocomplete: 'off', dir: isText && !format ? 'auto' : 'ltr', spellcheck: isText && !format,
        inputMode: isNumber ? (type === 'integer' && Number(s.minimum?.digits) >= 0 ? 'numeric' : 'decimal') : format?.mode ?? 'text' });
    if (!isText && !isNumber || format) next.classList.add('code');
    next.placeholder = placeholder;
    next.value = control?.value ?? '';
    next.addEventListener('input', edited);
    if (!multi && isText && !format) next.addEventListener('paste', pasteLines);
    around.describe(next);
    if (control) control.replaceWith(next); else box.append(next);
    control = next;
    lines.setAttribute('aria-pressed', multi);
  }
  /* A single-line control cannot have line breaks: text with line breaks that is pasted makes it multi-line. */
  function pasteLines(e) {
    const text = e.clipboardData?.getData('text/plain') ?? '';
    if (!/[\r\n]/.test(text)) return;
    e.preventDefault();
    const [from, to] = [control.selectionStart, control.selectionEnd], clean = text.replace(/\r\n?/g, '\n');
    put(true);
    control.setRangeText(clean, from, to, 'end');
    control.focus();
    edited();
  }
  lines.addEventListener('click', () => {
    if (isMulti() && control.value.includes('\n')) { say('The text has several lines.'); control.focus(); return; }
    put(!isMulti()); control.focus();
  });
  put(!isLine);
  box.prepend(control);
  if (format?.picker) box.append(...pickerOf(format, () => control.value, text => { control.value = text; edited(); control.focus(); }));
  if (format?.make) {
    const button = make('button', { className: 'small', type: 'button', textContent: format.words });
    button.setAttribute('aria-describedby', id + 'l');
    button.addEventListener('click', () => { control.value = format.make(); edited(); });
    box.append(button);
  }
  around.element.append(box, around.note);

  const value = () => isText ? control.value : control.value.trim();
  const isJson = v => { const node = tryRead(v); return !!node && (!isNumber || node.kind === 'n' || (v === 'null' && nullable)); };
  function get() {
    const v = value();
    if (kept !== null) return kept;
    if (v === '') return { null: 'null', text: '""' }[way.get()];
    return isText || !isJson(v) ? JSON.stringify(v) : v;
  }
  /* Only a warning: the server decides whether a value is valid, and a user may want to see its error. */
  function doubt(v) {
    if (v === '') return '';
    if (isText) return format?.rule && !format.rule.test(v) ? `This does not look like a ${format.name}, such as ${format.example}.` : '';
    if (!isJson(v)) return isNumber ? 'Not a number: it is sent as text.' : 'Not JSON: it is sent as text.';
    if (!isNumber || v === 'null') return '';
    if (type === 'integer' && !/^-?\d+$/.test(v)) return 'A whole number is expected, without a point or an exponent.';
    if (Number(v) < Number(s.minimum?.digits)) return `The minimum is ${s.minimum.digits}.`;
    if (Number(v) > Number(s.maximum?.digits)) return `The maximum is ${s.maximum.digits}.`;
    return '';
  }
  const note = () => around.mark(control, kept === null ? doubt(value()) : '');
  return leaf({
    element: around.element, get,
    set(node) {
      const raw = node && pretty(node), text = isText ? textOf(node) : raw, isNothing = raw === 'null' && ways.some(w => w[0] === 'null');
      way.set(isNothing ? 'null' : text === '' && isText ? 'text' : ways[0][0]);
      const shown = node === undefined || isNothing ? '' : text ?? raw;
      if (isText && !format) put(/\n/.test(shown));
      control.value = shown;
      /* A value that this control cannot express is sent unchanged until it is edited. */
      const isSayable = node === undefined || isNothing || (isText ? text || (text === '' && mayBeEmpty) : !isNumber || node.kind === 'n');
      kept = isSayable ? null : raw;
      note(); empties();
    },
    missing: () => kept === null && value() === '' && way.get() === 'ask'
      ? `Required: fill in ${isNumber ? 'a number' : isText ? format ? `a ${format.name}` : 'a text' : 'a JSON value, such as null'}`
        + `${format?.example ? `, such as ${format.example}` : ''}.${mayBeEmpty ? ' To send empty text, choose it above.' : ''}` : '',
    mark: text => around.mark(control, text), clear: note,
    focus: () => control.focus(),
  });
}
/*
 * A button opens the browser's picker, which belongs to a hidden input. The value is the text beside it, since a picker has no offset and no fraction of a
 * millisecond.
 */
function pickerOf(format, get, set) {
  const picker = make('input', { type: format.picker, className: 'picker', tabIndex: -1, step: format.picker === 'date' ? '' : '1' });
  picker.setAttribute('aria-hidden', 'true');
  const button = make('button', { className: 'small', type: 'button', textContent: 'Pick' });
  button.setAttribute('aria-label', format.words);
  button.addEventListener('click', () => {
    picker.value = format.toPicker(get());
    try { picker.showPicker(); } catch { picker.focus(); }
  });
  picker.addEventListener('input', () => { if (picker.value) set(format.fromPicker(picker.value, get())); });
  return [button, picker];
}

/* The frame of objects and lists. Without a name it is the whole form, or an item of a list. */
function group(name, kind, s, required, way) {
  const id = 'f' + ++serial, note = make('p', { className: 'note', id: id + 'n', hidden: true, dir: 'auto' });
  const legend = name === null && kind === 'object' ? null :
    make('legend', { dir: 'auto' }, name ?? 'Values', ' ', make('span', { className: 'type', textContent: kind + (required ? '' : ', optional') }));
  const element = legend ? make('fieldset', { tabIndex: -1 }, legend) : make('div', { tabIndex: -1 });
  element.setAttribute('aria-describedby', note.id);
  if (s.description && name !== null) element.append(make('p', { className: 'hint', textContent: s.description, dir: 'auto' }));
  way.element.classList.add('whole');
  element.append(note, way.element);
  return { element, mark: text => { note.textContent = text ?? ''; note.hidden = !text; }, focus: () => element.focus() };
}
function objectWidget(s, name, required, nullable, depth) {
  const needed = new Set(Array.isArray(s.required) ? s.required : []);
  const fields = Object.entries(s.properties).map(([key, sub]) => ({ key, ...widget(sub, key, needed.has(key), depth + 1) }));
  const way = waySelect('Sent: ', waysOf(required, nullable, [['is', 'as filled in']]), () => { toggle(); changed(); });
  const around = group(name, 'object', s, required, way), inside = make('div', {}, ...fields.map(f => f.element));
  around.element.append(inside);
  const isSet = () => way.get() === 'is', toggle = () => { inside.hidden = !isSet(); };
  let extra = [];
  const self = {
    ...around,
    get() {
      if (!isSet()) return way.get() === 'null' ? 'null' : undefined;
      const parts = fields.map(f => [f.key, f.get()]).filter(p => p[1] !== undefined).map(p => JSON.stringify(p[0]) + ':' + p[1]);
      return '{' + parts.concat(extra.map(i => i.key + ':' + oneLine(i.value))).join(',') + '}';
    },
    set(node) {
      const there = node && node.kind === '{';
      way.set(there || (node && node.kind === '[' && name === null) || (!node && required) ?
        'is' : node && oneLine(node) === 'null' && nullable ? 'null' : required ? 'is' : 'out');
      toggle();
      /* By position, from an array. */
      fields.forEach((f, i) => f.set(node && node.kind === '[' && name === null ? node.items[i]?.value : member(node, f.key)));
      extra = there ? node.items.filter(i => !fields.some(f => f.key === decode(i.key))) : [];
      around.mark('');
    },
    check: () => isSet() ? fields.flatMap(f => f.check()) : [],
    find(path) { const field = isSet() && fields.find(f => f.key === path[0]); return field ? field.find(path.slice(1)) : self; },
    clear() { around.mark(''); fields.forEach(f => f.clear()); },
  };
  return self;
}
function arrayWidget(s, name, required, nullable, depth) {
  const list = make('div'), add = make('button', { className: 'small', type: 'button', textContent: 'Add' });
  const way = waySelect('Sent: ', waysOf(required, nullable, [['is', 'as a list']]), () => { toggle(); changed(); });
  const around = group(name, 'list', s, required, way);
  let items = [];
  const isSet = () => way.get() === 'is', toggle = () => { list.hidden = !isSet(); };
  const insert = () => {
    const w = widget(s.items, null, true, depth + 1);
    const remove = make('button', { className: 'small', type: 'button', textContent: '\u2715' });
    remove.setAttribute('aria-label', 'Remove this item');
    const row = make('div', { className: 'item' }, make('div', {}, w.element), remove);
    remove.addEventListener('click', () => { items = items.filter(x => x !== w); row.remove(); changed(); add.focus(); });
    items.push(w); list.append(row);
    return w;
  };
  add.addEventListener('click', () => {
    const w = insert();
    w.set(undefined); way.set('is'); toggle(); changed();
    w.element.querySelector('input, textarea, select:not(.small), button')?.focus();
  });
  around.element.append(list, add);
  const self = {
    ...around,
    get: () => isSet() ? '[' + items.map(w => w.get() ?? 'null').join(',') + ']' : way.get() === 'null' ? 'null' : undefined,
    set(node) {
      items = []; list.replaceChildren();
      way.set((node && node.kind === '[') || (!node && required) ? 'is' : node && oneLine(node) === 'null' && nullable ? 'null' : required ? 'is' : 'out');
      toggle();
      if (node && node.kind === '[') node.items.forEach(i => insert().set(i.value));
      around.mark('');
    },
    check: () => isSet() ? items.flatMap(w => w.check()) : [],
    find(path) { const item = isSet() && items[path[0]]; return item ? item.find(path.slice(1)) : self; },
    clear() { around.mark(''); items.forEach(w => w.clear()); },
  };
  return self;
}

/* The paths in the parameters that an error (-32602) of this server names. In other texts, the first name in quotes counts as a parameter. */
function placeOf(message) {
  let reason = message.replace(/^invalid params:?\s*/i, ''), path = [];
  const inside = /^in '([^']*)' /.exec(reason);
  if (inside) { path.push(inside[1]); reason = reason.slice(inside[0].length); }
  const at = / at '(\$(?:\.[^.['\s]+|\['.*?'\]|\[\d+\])*)'/.exec(' ' + reason);
  for (const [, dotted, quoted, index] of at ? at[1].matchAll(/\.([^.[]+)|\['(.*?)'\]|\[(\d+)\]/g) : []) path.push(dotted ?? quoted ?? Number(index));
  const missing = /^((?:'[^']*'(?:, )?)+) (?:is|are) missing/.exec(reason);
  if (missing) return [...missing[1].matchAll(/'([^']*)'/g)].map(m => [...path, m[1]]);
  if (at || inside) return [path];
  const named = /'([^']*)'/.exec(reason);
  return named && !/^there is no /.test(reason) ? [[named[1]]] : [];
}
