/*
 * The same call for curl, as one command to paste. Windows' shells change what a program is given: by its code page, by variables in it, by what they take for the end of a quote.
 * So there a body is written in ASCII, with \u escapes for the rest, which is the same JSON; what is not JSON is quoted as it stands.
 */
function curlFor(shell, url, headers, body, isStream = false) {
  /* An empty header is asked for by a semicolon; with a colon curl would leave it out. */
  const fields = headers.map(([name, value]) => value === '' ? name + ';' : `${name}: ${value}`);
  /* Square brackets are patterns to curl, but in the address of a host. */
  const isPattern = /[[\]]/.test(url.replace(/^\w+:\/\/\[[^\]]*\]/, ''));
  /* Without -N curl gathers what comes (its manual, --no-buffer). */
  const options = [...(isPattern ? ['globoff'] : []), ...(isStream ? ['no-buffer'] : [])];
  return { posix: posixCurl, powershell: powerShellCurl, cmd: cmdCurl }[shell](url, fields, body, options);
}
function curlLimit(shell, command) {
  return shell === 'cmd' && command.length > 8191 ? `cmd takes at most 8191 characters; this command has ${command.length}. Take PowerShell.` : '';
}
/* JSON on one line and in ASCII, with what is unsafe escaped too; null for what is not JSON. Outside of strings JSON has none of them, and inside each may be escaped. */
function asciiJson(text, unsafe = /(?!)/) {
  const node = tryRead(text);
  return node && oneLine(node).replace(/[^\x20-\x7e]/g, escapeUnit).replace(unsafe, escapeUnit);
}
const shortOptions = { globoff: '-g ', 'no-buffer': '-N ' }, inShort = options => options.map(o => shortOptions[o]).join('');
const escapeUnit = c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0');

/* POSIX shells: inside of single quotes nothing has a meaning but the quote (POSIX.1-2017, XCU 2.2.2). */
function posixCurl(url, fields, body, options) {
  const quote = s => `'${s.replace(/'/g, `'\\''`)}'`;
  return [`curl ${inShort(options)}${quote(url)}`, ...fields.map(f => '-H ' + quote(f)), '--data-raw ' + quote(body)].join(' \\\n  ');
}

/*
 * PowerShell: how it hands an argument with quotes to a program changed in 7.3 (about_Parsing, PSNativeCommandArgumentPassing), and --% replaces %NAME%. So nothing but plain words
 * are arguments: curl reads the rest from its standard input, as a file of options, where \\ and \" are the escapes (curl's manual, --config). A here-string in single quotes is
 * literal to its end, which no line of ours begins with (about_Quoting_Rules). What PowerShell writes to a program is ASCII in Windows PowerShell and UTF-8 since, unless
 * $OutputEncoding says otherwise. In Windows PowerShell "curl" alone is another command.
 */
function powerShellCurl(url, fields, body, options) {
  const escapes = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };
  const option = (name, value) => `${name} = "${value.replace(/[\\"\n\r\t\v]/g, c => escapes[c])}"`;
  const lines = [...options, option('url', url), ...fields.map(f => option('header', f)), option('data-raw', asciiJson(body) ?? body)].join('\n');
  const command = `@'\n${lines}\n'@ | curl.exe --config -`;
  return /[^\x00-\x7f]/.test(lines) ? `& { $OutputEncoding = [Text.UTF8Encoding]::new()\n${command} }` : command;
}

/*
 * cmd.exe: two readers, one behind the other. The program splits its command line by the rules of Microsoft's C runtime: \" is a quote, and backslashes count only before one
 * ("Parsing C command-line arguments"). Before that, cmd replaces %NAME% also inside of quotes, and every quote turns the meaning of & | < > ^ on or off, whatever stands before it
 * ("cmd /?", "Command shell overview"). A body of JSON has none of these left. Other words that hold a quote or a percent sign stand outside of cmd's quotes, with a caret before
 * each such character; a caret behind a percent sign keeps names from being names. That holds at the prompt; in a batch file a percent sign is to be doubled.
 */
function cmdCurl(url, fields, body, options) {
  const argument = s => '"' + s.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&') + '"';
  const quote = s => /["%!\r\n]/.test(s)
    ? argument(s).replace(/["%!^&|<>()]/g, '^$&').replace(/%(?![\^\r\n])/g, '%^').replace(/\r?\n/g, '^\n\n')
    : argument(s);
  const json = asciiJson(body, /[%!^&|<>]/g);
  return [`curl ${inShort(options)}${quote(url)}`, ...fields.map(f => '-H ' + quote(f)), '--data-raw ' + (json === null ? quote(body) : argument(json))].join(' ^\n  ');
}
