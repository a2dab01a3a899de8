'use strict';
// Mocha's readable report on the screen and every case in `.reports/contracts.json`. Hardhat's own sum counts pending
// tests as passed; this one does not. (CommonJS because mocha loads reporters by `require`.)
const { mkdirSync, writeFileSync } = require('node:fs');
const Mocha = require('mocha');

const nameOf = (runnable) => runnable.titlePath().join(' › ');

module.exports = class extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const cases = [];
    runner.on('pass', (test) => cases.push({ name: nameOf(test), status: 'passed', duration: test.duration }));
    runner.on('pending', (test) =>
      cases.push({ name: nameOf(test), status: 'skipped', reason: test.skipReason ?? 'pending in the test file' }),
    );
    runner.on('fail', (test, error) => cases.push({ name: nameOf(test), status: 'failed', reason: error.message }));
    runner.once('end', () => {
      mkdirSync('.reports', { recursive: true });
      writeFileSync('.reports/contracts.json', `${JSON.stringify({ suite: 'contracts', cases }, null, 1)}\n`);
    });
  }
};
