import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * Runs the simulated world in a process of its own, where nothing of Jest stands between it and the clock.
 */
function faults(...options: string[]): string {
  try {
    return execFileSync(process.execPath, [join(__dirname, 'run.mjs'), ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout || String(error))
  }
}

test('no schedule breaks a rule', () => {
  const report = faults()
  process.stdout.write(report)
  expect(report).toContain('\n0 violations\n')
})

test('a seed replays exactly', () => {
  expect(faults('--seed', '7')).toContain('replayed exactly')
})

test('each session that is broken on purpose is caught', () => {
  const report = faults('--mutants')
  process.stdout.write(report)
  expect(report.split('\n').filter(line => line.startsWith('caught')).length).toBeGreaterThanOrEqual(10)
  expect(report).not.toContain('NOT CAUGHT')
})
