// No-op jobs through Bull: `node bull.mjs REDIS_PORT enqueue|work JOBS CONCURRENCY KEYED`.
// Prints what it took as JSON. KEYED 1: each job has a priority, and a key that keeps a second one out.
import Queue from 'bull'
import { measured } from './measured.mjs'

const [port, phase, count, concurrency, keyed] = process.argv.slice(2).map((word, at) => (at === 1 ? word : Number(word)))
const queue = new Queue('noop', { redis: { host: '127.0.0.1', port } })
const GROUP = 1000

const job = (target) => ({ data: { target }, opts: keyed ? { jobId: `target ${target}`, priority: 1 } : {} })

async function enqueue() {
  for (let first = 0; first < count; first += GROUP) {
    const size = Math.min(GROUP, count - first)
    await queue.addBulk(Array.from({ length: size }, (_, at) => job(first + at)))
  }
}

// What ended is kept, as it is in a ledger.
async function work() {
  await new Promise((resolve) => {
    let ended = 0
    queue.on('completed', () => ++ended === count && resolve())
    queue.process(concurrency, async () => ({}))
  })
}

await queue.isReady()
if (phase === 'enqueue') await queue.obliterate({ force: true })
await measured(phase === 'enqueue' ? enqueue : work)
const done = phase === 'enqueue' ? await queue.count() : await queue.getCompletedCount()
if (done !== count) throw new Error(`${done} of ${count} jobs are there`)
process.exit(0)
