'use strict';

// jayson on Node's own HTTP server, as its documentation starts it. It speaks with the comparison as every other server does: its port on the first line,
// and for each line that comes, the microseconds of CPU used so far, what it allocated, which it cannot know, and its context switches.
const jayson = require('jayson');

const server = jayson.server({
  subtract: ([minuend, subtrahend], callback) => callback(null, minuend - subtrahend),
}).http();

// Node closes connections that idle for 5 s, which they may while the others have their turn.
server.keepAliveTimeout = 300_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

process.stdin.on('data', (lines) => {
  const { userCPUTime, systemCPUTime, voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage();
  for (const byte of lines) {
    if (byte === 10) console.log(`${userCPUTime + systemCPUTime} NaN ${voluntaryContextSwitches + involuntaryContextSwitches}`);
  }
});
process.stdin.on('end', () => process.exit());
