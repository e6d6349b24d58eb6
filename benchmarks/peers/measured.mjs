// Runs something and prints the seconds and the CPU seconds of this process that it took.
export async function measured(run) {
  const began = process.hrtime.bigint()
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6 }))
}
