// perspective-api-client from npm, unchanged but for the address; prints what it understood as JSON.
const [key, address] = process.argv.slice(2);
const axios = require("axios");
axios.interceptors.request.use((config) => {
  config.url = config.url.replace("https://commentanalyzer.googleapis.com", address);
  return config;
});
const Perspective = require("perspective-api-client");

async function main() {
  const client = new Perspective({ apiKey: key });
  const said = { rude: await client.analyze("You idiot.", { attributes: ["toxicity", "insult"] }) };
  await client.analyze("You idiot.", { attributes: ["nonsense"] }).catch((error) => {
    said.refused = { name: error.name, message: error.message, status: error.response.status };
  });
  console.log(JSON.stringify(said));
}
main();
