// Receives job results by webhook: verifies signatures, and processes each result once.
//
//     WEBHOOK_SECRET=whsec_... node receive-webhooks.mjs [PORT]
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
// Delivery is at least once. Store each id in your database, in the same transaction as the result.
const seen = new Set();

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let event;
  try {
    // Verify the raw body. Throws if the signature is wrong or the request is older than five minutes.
    event = webhook.verify(Buffer.concat(chunks).toString(), request.headers);
  } catch {
    response.writeHead(401).end();
    return;
  }
  const { type, data } = event;
  for (const { id, imageId, result, problem } of type === 'job.results' ? data.results : []) {
    if (seen.has(id)) continue;
    seen.add(id);
    console.log(imageId, result ? result.tags.map(({ name }) => name).join(', ') : problem.code);
  }
  if (type === 'job.finished') console.log(`${data.tagged} of ${data.images} tagged`);
  // Answer last: Fanlight sends a request without a 2xx answer again.
  response.writeHead(204).end();
});

server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () =>
  console.log(`listening on port ${server.address().port}`),
);
