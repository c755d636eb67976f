/* Schemas: the document is read both as text, to be shown, and as values, to build forms from. */
let root = null, methods = [], current = null, form = null, nextId = 1, batch = [];
const plain = node => node === undefined ? undefined : node.kind === '{' ? Object.assign(Object.create(null), Object.fromEntries(node.items.map(i => [decode(i.key), plain(i.value)])))
  : node.kind === '[' ? node.items.map(i => plain(i.value)) : node.kind === 'n' ? { digits: node.raw } : JSON.parse(node.raw);
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
const literal = v => v && typeof v === 'object' && 'digits' in v ? v.digits : Array.isArray(v) ? '[' + v.map(literal) + ']'
  : v && typeof v === 'object' ? '{' + Object.entries(v).map(([k, x]) => JSON.stringify(k) + ':' + literal(x)) + '}' : JSON.stringify(v);
let serial = 0;
const changed = () => { syncJson(); };

/* A widget has an element, get() (JSON text, or undefined to leave the member out) and set(node or undefined). */
function widget(schema, name, required, depth) {
  const s = resolve(schema), types = typesOf(s), main = types.filter(t => t !== 'null'), nullable = types.includes('null');
  const id = 'f' + ++serial, hint = s.description;
  const typeText = choicesOf(s) ? 'one of' : (types.join(' or ') || 'any JSON');
  if (depth < 4 && main.length === 1 && main[0] === 'object' && s.properties) return objectWidget(s, name, required, nullable, depth, hint);
  if (depth < 4 && main.length === 1 && main[0] === 'array' && s.items !== undefined && !Array.isArray(s.items)) return arrayWidget(s, name, required, nullable, depth, hint);
  const choices = choicesOf(s);
  let control, get, set, wasEmpty = false;
  if (choices || (main.length === 1 && main[0] === 'boolean')) {
    const options = choices || [{ raw: 'true', label: 'true' }, { raw: 'false', label: 'false' }];
    if (!choices && nullable) options.push({ raw: 'null', label: 'null' });
    control = make('select', { id }, make('option', { value: '', textContent: required ? 'choose' : 'not set' }), ...options.map(o => make('option', { value: o.raw, textContent: o.label })));
    get = () => control.value || undefined;
    set = node => { control.value = node ? pretty(node) : ''; };
  } else {
    const isText = main.length === 1 && main[0] === 'string', isNumber = main.length === 1 && (main[0] === 'integer' || main[0] === 'number');
    control = isNumber ? make('input', { id, inputMode: 'decimal', autocomplete: 'off' }) : make('textarea', { id, rows: 1, dir: 'auto', spellcheck: isText });
    if (!isText && !isNumber) control.classList.add('code');
    get = () => {
      const v = isText ? control.value : control.value.trim();
      if (v === '' && !(isText && wasEmpty)) return required ? (nullable ? 'null' : isText ? '""' : undefined) : undefined;
      if (isText) return JSON.stringify(v);
      const node = tryRead(v), ok = node && (!isNumber || node.kind === 'n' || v === 'null');
      control.setAttribute('aria-invalid', !ok);
      return ok ? v : JSON.stringify(v);
    };
    set = node => {
      wasEmpty = isText && node !== undefined && textOf(node) === '';
      control.value = node === undefined || (pretty(node) === 'null' && (isText || isNumber)) ? '' : isText ? textOf(node) ?? pretty(node) : pretty(node);
    };
    if (s.default !== undefined) control.placeholder = literal(s.default);
  }
  control.addEventListener('input', () => { wasEmpty = false; changed(); });
  if (required) control.setAttribute('aria-required', 'true');
  const element = make('div', { className: 'field' });
  if (name !== null) element.append(make('label', { htmlFor: id, dir: 'auto', textContent: name }), ' ', make('span', { className: 'type', textContent: typeText + (required ? '' : ', optional') }));
  else control.setAttribute('aria-label', 'Value');
  if (hint) { element.append(make('p', { className: 'hint', id: id + 'h', textContent: hint, dir: 'auto' })); control.setAttribute('aria-describedby', id + 'h'); }
  element.append(control);
  return { element, get, set };
}
function choicesOf(s) {
  if (Array.isArray(s.enum)) return s.enum.map(v => ({ raw: literal(v), label: typeof v === 'string' ? v : literal(v) }));
  const list = s.anyOf || s.oneOf;
  return Array.isArray(list) && list.length && list.every(o => o && typeof o === 'object' && 'const' in o)
    ? list.map(o => ({ raw: literal(o.const), label: o.title && o.title !== 'null' ? `${o.title} (${literal(o.const)})` : literal(o.const) })) : null;
}
function objectWidget(s, name, required, nullable, depth, hint) {
  const needed = new Set(Array.isArray(s.required) ? s.required : []);
  const fields = Object.entries(s.properties).map(([key, sub]) => ({ key, ...widget(sub, key, needed.has(key), depth + 1) }));
  let extra = [], isSet = required;
  const inside = make('div', {}, ...fields.map(f => f.element));
  let element = inside;
  if (name !== null) {
    element = make('fieldset', {}, make('legend', { dir: 'auto' }, name, ' ', make('span', { className: 'type', textContent: 'object' + (required ? '' : ', optional') })));
    if (hint) element.append(make('p', { className: 'hint', textContent: hint, dir: 'auto' }));
    if (!required) {
      const check = make('input', { type: 'checkbox' });
      check.addEventListener('input', () => { isSet = check.checked; inside.hidden = !isSet; changed(); });
      element.append(make('label', { className: 'check' }, check, 'Include'));
      element.check = check;
      inside.hidden = true;
    }
    element.append(inside);
  }
  return {
    element,
    get() {
      if (!isSet) return undefined;
      const parts = fields.map(f => [f.key, f.get()]).filter(p => p[1] !== undefined).map(p => JSON.stringify(p[0]) + ':' + p[1]);
      return '{' + parts.concat(extra.map(i => i.key + ':' + pretty(i.value))).join(',') + '}';
    },
    set(node) {
      const there = node && node.kind === '{';
      if (!required) { isSet = !!there; inside.hidden = !isSet; if (element.check) element.check.checked = isSet; }
      /* By position: as an array lists them. */
      fields.forEach((f, i) => f.set(node && node.kind === '[' && name === null ? node.items[i]?.value : member(node, f.key)));
      extra = there ? node.items.filter(i => !fields.some(f => f.key === decode(i.key))) : [];
    },
  };
}
function arrayWidget(s, name, required, nullable, depth, hint) {
  const list = make('div'), add = make('button', { className: 'small', type: 'button', textContent: 'Add' });
  let items = [], isSet = required;
  const insert = () => {
    const w = widget(s.items, null, true, depth + 1);
    const remove = make('button', { className: 'small', type: 'button', textContent: '✕' });
    remove.setAttribute('aria-label', 'Remove this item');
    const row = make('div', { className: 'item' }, make('div', {}, w.element), remove);
    remove.addEventListener('click', () => { items = items.filter(x => x !== w); row.remove(); isSet = required || items.length > 0; changed(); add.focus(); });
    items.push(w); list.append(row);
    return w;
  };
  add.addEventListener('click', () => { const w = insert(); isSet = true; changed(); w.element.querySelector('input, textarea, select, button')?.focus(); });
  const element = make('fieldset', {}, make('legend', { dir: 'auto' }, name ?? 'Values', ' ', make('span', { className: 'type', textContent: 'list' + (required ? '' : ', optional') })));
  if (hint) element.append(make('p', { className: 'hint', textContent: hint, dir: 'auto' }));
  element.append(list, add);
  return {
    element,
    get: () => isSet ? '[' + items.map(w => w.get() ?? 'null').join(',') + ']' : undefined,
    set(node) {
      items = []; list.replaceChildren();
      isSet = required || !!node && node.kind === '[';
      if (node && node.kind === '[') node.items.forEach(i => insert().set(i.value));
    },
  };
}

