import { describe, expect, test } from 'vitest';
import { LoginDelay, networkOf } from '../../src/producer/dashboard/login-delay.ts';

describe('guessing a password', () => {
  test('three are free, then each waits twice as long, up to a quarter of an hour', () => {
    let now = 0;
    const delay = new LoginDelay(() => now);
    for (let free = 0; free < 3; free++) expect(delay.begin('192.0.2.1')).toBe(0);
    const waits = Array.from({ length: 12 }, () => {
      expect(delay.begin('192.0.2.1')).toBe(0);
      // Asked too early, it says for how long, and counts no try.
      const waitS = delay.begin('192.0.2.1');
      now += waitS * 1000;
      return waitS;
    });
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  test('others wait for nobody', () => {
    const delay = new LoginDelay(() => 0);
    for (let guess = 0; guess < 9; guess++) delay.begin('192.0.2.1');
    expect(delay.begin('192.0.2.2')).toBe(0);
  });

  test('who knows it starts anew', () => {
    const delay = new LoginDelay(() => 0);
    for (let guess = 0; guess < 4; guess++) delay.begin('a');
    expect(delay.begin('a')).toBe(2);
    delay.succeeded('a');
    expect(delay.begin('a')).toBe(0);
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:0DB8::1', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
])('%s belongs to %s', (address, network) => expect(networkOf(address)).toBe(network));
