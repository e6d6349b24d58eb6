// No-op jobs through pg-boss: `node pgboss.mjs DATABASE_URL enqueue|work JOBS BATCH WORKERS PER_JOB KEYED`.
// Prints what it took as JSON. PER_JOB 1: each job of a batch is settled with an outcome of its own. KEYED 1: each job
// has a priority, and a key that keeps a second one out.
import { PgBoss } from 'pg-boss'
import { measured } from './measured.mjs'

const [url, phase, ...numbers] = process.argv.slice(2)
const [count, batchSize, localConcurrency, perJob, keyed] = numbers.map(Number)
const boss = new PgBoss({ connectionString: url, max: localConcurrency + 4, useListenNotify: false })
boss.on('error', (error) => {
  console.error(error)
  process.exit(1)
})
const GROUP = 1000
const QUEUE = keyed ? 'noop-keyed' : 'noop'

const job = (target) => ({ data: { target }, ...(keyed ? { singletonKey: `target ${target}`, priority: 1 } : {}) })

async function enqueue() {
  for (let first = 0; first < count; first += GROUP) {
    const size = Math.min(GROUP, count - first)
    await boss.insert(QUEUE, Array.from({ length: size }, (_, at) => job(first + at)))
  }
}

// Fetches at once while batches come back full; where a batch is one job, at the shortest interval that it takes.
async function work() {
  const options = { batchSize, localConcurrency, pollingIntervalSeconds: 0.5, burstWhenBatchFull: batchSize > 1 }
  if (perJob) options.perJobResults = true
  let ended = 0
  await new Promise((resolve) => {
    boss.work(QUEUE, options, async (jobs) => {
      ended += jobs.length
      if (ended >= count) resolve()
      if (perJob) return jobs.map(({ id }) => ({ id, status: 'completed' }))
    })
  })
  await boss.offWork(QUEUE, { wait: true })
}

await boss.start()
await boss.createQueue(QUEUE, keyed ? { policy: 'exclusive' } : {})
if (phase === 'enqueue') await boss.deleteAllJobs(QUEUE)
await measured(phase === 'enqueue' ? enqueue : work)
await boss.stop({ graceful: true, close: true })
process.exit(0)
