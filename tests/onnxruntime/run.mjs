// Runs an ONNX model in ONNX Runtime, an engine that is not ours:
//   node run.mjs MODEL INPUT OUTPUT BATCH
// INPUT holds float32 images one after the other, OUTPUT gets the first output for all of them.
// Image shapes are the model's; BATCH images run at a time.
import { readFileSync, writeFileSync } from 'node:fs';
import ort from 'onnxruntime-node';

const [model, inputFile, outputFile, batchText] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
});
const input = session.inputMetadata[0];
const image = input.shape.slice(1);
const size = image.reduce((a, b) => a * b, 1);
const bytes = readFileSync(inputFile);
const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const batch = Number(batchText);
const outputs = [];
for (let begin = 0; begin < values.length; begin += batch * size) {
  const part = values.slice(begin, begin + batch * size);
  const tensor = new ort.Tensor('float32', part, [part.length / size, ...image]);
  const results = await session.run({ [input.name]: tensor });
  outputs.push(Buffer.from(new Uint8Array(results[session.outputNames[0]].data.buffer.slice(0))));
}
writeFileSync(outputFile, Buffer.concat(outputs));
