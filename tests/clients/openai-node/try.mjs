// The openai package for Node: models, chat, stream with usage, JSON schema, errors.
import assert from "node:assert/strict";
import OpenAI from "openai";

const text = "The old dog sleeps.\n\nThe river is long.";
const translated = "«The old dog sleeps.»\n\n«The river is long.»";
const baseURL = process.env.BASE_URL;
const client = new OpenAI({ baseURL, apiKey: process.env.API_KEY, maxRetries: 0 });
const messages = [{ role: "user", content: text }];

const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert(models.includes("dragoman"));
console.log("models");

const translation_options = { source_lang: "English", target_lang: "German" };
const answer = await client.chat.completions.create({ model: "dragoman", messages, translation_options });
assert.equal(answer.choices[0].message.content, translated);
assert.equal(answer.dragoman.mode, "translate");
console.log("translation_options");

let streamed = "";
let usage = null;
const stream = await client.chat.completions.create({ model: "dragoman:en-de", messages, stream: true, stream_options: { include_usage: true } });
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(streamed, translated);
assert(usage.total_tokens > 0);
console.log("stream with usage");

const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };
const shaped = await client.chat.completions.create({
  model: "dragoman", messages: [{ role: "user", content: "Say something." }],
  response_format: { type: "json_schema", json_schema: { name: "t", strict: true, schema } },
});
assert.equal(typeof JSON.parse(shaped.choices[0].message.content).a, "string");
console.log("json_schema");

await assert.rejects(client.chat.completions.create({ model: "nobody", messages }), OpenAI.NotFoundError);
const stranger = new OpenAI({ baseURL, apiKey: "sk-wrong-key", maxRetries: 0 });
await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
console.log("errors 401, 404");
