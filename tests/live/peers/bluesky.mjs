// A whole network of the AT Protocol in one process: directory, personal data server, view of posts.
// What it keeps lies in TMPDIR and in the PostgreSQL database and the redis that the environment
// names; ports are whatever is free. Prints one line of JSON when it is ready and ends on SIGTERM.
import { createRequire } from 'node:module'

// The packages lie in the working directory, not beside this file.
const { TestNetwork, mockMailer } = createRequire(process.cwd() + '/')('@atproto/dev-env')

const net = await TestNetwork.create({
  dbPostgresSchema: process.env.DB_POSTGRES_SCHEMA,
  pds: {
    hostname: 'localhost',
    enableDidDocWithSession: true,
    rateLimitsEnabled: process.env.RATE_LIMITS === 'on',
  },
})
mockMailer(net.pds)

process.on('SIGTERM', async () => {
  // What does not close in time is ended all the same.
  setTimeout(() => process.exit(0), 2000)
  await net.close().catch(() => {})
  process.exit(0)
})
console.log(JSON.stringify({ ready: true, pds: net.pds.url, view: net.bsky.url }))
