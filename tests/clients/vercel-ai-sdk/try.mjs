// Vercel's AI SDK with @ai-sdk/openai-compatible: text, stream, object, provider options.
import assert from "node:assert/strict";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, streamText } from "ai";
import { z } from "zod";

const text = "The old dog sleeps.";
const translated = "«The old dog sleeps.»";
const provider = createOpenAICompatible({
  name: "dragoman", baseURL: process.env.BASE_URL, apiKey: process.env.API_KEY, includeUsage: true, supportsStructuredOutputs: true,
});
const providerOptions = { dragoman: { translation_options: { source_lang: "English", target_lang: "German" } } };

const answer = await generateText({ model: provider("dragoman"), prompt: text, providerOptions, maxRetries: 0 });
assert.equal(answer.text, translated);
assert(answer.usage.totalTokens > 0);
console.log("text, provider options");

const stream = streamText({ model: provider("dragoman:en-de"), prompt: text, maxRetries: 0 });
let streamed = "";
for await (const piece of stream.textStream) streamed += piece;
assert.equal(streamed, translated);
assert((await stream.usage).totalTokens > 0);
console.log("stream with usage");

const shaped = await generateObject({ model: provider("dragoman"), schema: z.object({ language: z.string() }), prompt: "Which language is this?", maxRetries: 0 });
assert.equal(typeof shaped.object.language, "string");
console.log("object");

await assert.rejects(generateText({ model: provider("nobody"), prompt: text, maxRetries: 0 }), (error) => error.statusCode === 404);
console.log("error 404");
