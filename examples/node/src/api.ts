import { createServer } from "node:http";
import { price } from "./price";

const port = Number(process.env.PORT);
const server = createServer((_, answer) => answer.end(price(1250)));
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/`));
