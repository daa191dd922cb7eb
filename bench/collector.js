/** A trace collector that accepts everything. Prints its URL. */
import { createServer } from "node:http";

const server = createServer((request, response) => {
  request
    .resume()
    .once("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
