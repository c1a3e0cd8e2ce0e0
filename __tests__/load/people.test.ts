import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

test('of 100 000 people in a day, the sessions of an hour are held, and everybody is known again', () => {
  const command = ['--expose-gc', '--import', './tools/register.mjs', 'bench/people.ts']
  const { stdout } = spawnSync(process.execPath, command, { cwd: join(__dirname, '../..'), encoding: 'utf8' })
  process.stdout.write(stdout)
  const found =
    /^(\d+) people.*: (\d+) sessions.*brings (\d+)\), (\d+) after.* (\d+) wrong.* (-?[\d.]+) MB/.exec(stdout)
  const [people, most, hour, left, wrong, grown] = (found ?? []).slice(1).map(Number)
  expect({ people, left, wrong }).toEqual({ people: 100_000, left: 1, wrong: 0 })
  expect(most).toBeLessThanOrEqual(Number(hour))
  expect(grown).toBeLessThan(20)
})
