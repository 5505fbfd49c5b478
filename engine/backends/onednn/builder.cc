#include "engine/backends/onednn/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/core/arena.h"
#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

std::size_t at(NodeId id) { return static_cast<std::size_t>(id); }

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

std::string dtypes_of(const Step& step) {
  std::string from;
  std::string to;
  for (const Operand& operand : step.operands) {
    const bool is_result = operand.argument == DNNL_ARG_DST;
    const bool shown = is_result || operand.argument == DNNL_ARG_SRC ||
                       operand.argument == DNNL_ARG_SRC_1 || operand.argument == DNNL_ARG_WEIGHTS;
    if (!shown) continue;
    std::string& text = is_result ? to : from;
    text += (text.empty() ? "" : " ") + std::string(to_string(dtype_of(operand.view.desc)));
  }
  return from + " -> " + to;
}

}  // namespace

Builder::Builder(const Graph& graph, const BuildOptions& options)
    : graph_(graph), options_(options), views_(at(graph.size())) {
  plan_.engine = dnnl::engine(dnnl::engine::kind::cpu, 0);
  stream_ = dnnl::stream(plan_.engine);
  if (options.winograd && has_winograd()) winograd_ = plan_winograd(graph);
  find_last_readers();
  if (prefers_blocked()) reserve_slots();

  for (const NodeId id : graph.inputs()) {
    const Shape& shape = graph[id].type.shape;
    const Desc desc = row_major(to_dims(shape), DType::f32);
    const std::size_t index = plan_.input_elements.size();
    plan_.input_elements.push_back(static_cast<std::size_t>(shape.elements()));
    define(id, {.buffer = new_buffer(Buffer::Place::input, desc.get_size(), index), .desc = desc});
  }
}

void Builder::find_last_readers() {
  last_reader_.assign(at(graph_.size()), -1);
  for (NodeId id = 0; id < graph_.size(); ++id) {
    for (const NodeId input : graph_[id].inputs) last_reader_[at(input)] = id;
  }
  for (const NodeId id : graph_.outputs()) last_reader_[at(id)] = graph_.size();
}

std::vector<NodeId> Builder::readers(NodeId id) const {
  std::vector<NodeId> found;
  for (NodeId reader = id + 1; reader < graph_.size(); ++reader) {
    if (std::ranges::count(graph_[reader].inputs, id) > 0) found.push_back(reader);
  }
  return found;
}

NodeId Builder::only_reader(NodeId id) const {
  const bool seen = last_reader_[at(id)] == graph_.size() ||
                    std::ranges::find(options_.observed, id) != options_.observed.end();
  const std::vector<NodeId> found = seen ? std::vector<NodeId>() : readers(id);
  return found.size() == 1 ? found[0] : -1;
}

// Whether the node's value is new memory that its kernel writes, so that it may lie elsewhere.
bool Builder::wants_slot(NodeId id) const {
  const Op& op = graph_[id].op;
  const TensorType& type = graph_[id].type;
  return type.dtype == DType::f32 && type.shape[1] % kChannelBlock == 0 && !slots_.contains(id) &&
         (std::holds_alternative<Convolution>(op) || std::holds_alternative<Pool>(op) ||
          std::holds_alternative<Concat>(op));
}

// In blocked layouts a range of channels of one image is contiguous, so what is joined along the
// channels can be written where it is wanted. Channels-last ranges are strided, which the library
// only serves with its slow reference kernels: there a concatenation copies.
void Builder::reserve_slots() {
  for (NodeId id = graph_.size() - 1; id >= 0; --id) {
    const Node& node = graph_[id];
    const auto* concat = std::get_if<Concat>(&node.op);
    if (concat == nullptr || concat->axis != 1 || node.type.shape.rank() != 4) continue;
    if (node.type.dtype != DType::f32 || node.type.shape[0] != 1) continue;
    const auto in_blocks = [&](NodeId part) {
      return graph_[part].type.shape[1] % kChannelBlock == 0;
    };
    if (!std::ranges::all_of(node.inputs, in_blocks)) continue;
    std::int64_t channel = 0;
    for (const NodeId part : node.inputs) {
      if (wants_slot(part)) slots_[part] = {id, channel};
      channel += graph_[part].type.shape[1];
    }
  }
}

BufferId Builder::new_buffer(Buffer::Place place, std::size_t bytes, std::size_t index) {
  plan_.buffers.push_back({.place = place, .bytes = bytes, .index = index});
  owners_.emplace_back();
  return static_cast<BufferId>(plan_.buffers.size()) - 1;
}

void Builder::touch(BufferId id, int step) {
  Buffer& buffer = plan_.buffers[at(id)];
  if (buffer.first < 0) buffer.first = step;
  buffer.last = std::max(buffer.last, step);
}

View Builder::constant(const Desc& desc, const void* data) {
  const View view = new_constant(desc);
  std::memcpy(constant_data(view), data, desc.get_size());
  return view;
}

View Builder::packed(const Tensor& values, const Desc& from, const Desc& to) {
  const View view = new_constant(to);
  // The library reads only, but its interface has no word for that.
  auto* source = const_cast<std::byte*>(values.bytes().data());
  dnnl::memory plain(from, plan_.engine, source);
  dnnl::memory target(to, plan_.engine, constant_data(view));
  dnnl::reorder(plain, target).execute(stream_, plain, target);
  stream_.wait();
  return view;
}

// In the last block, if it has room; what is not used of a block is never touched.
View Builder::new_constant(const Desc& desc) {
  constexpr std::size_t kBlock = std::size_t{32} << 20;
  const std::size_t bytes = desc.get_size();
  const std::size_t start = round_up(block_used_, Tensor::kAlignment);
  if (start + bytes > block_size_) {
    // Small networks take small blocks: a huge page may be more than all of their weights.
    block_size_ = std::max(bytes, std::min(kBlock, constant_bytes(graph_)));
    plan_.constants.emplace_back(block_size_);
    block_used_ = bytes;
  } else {
    block_used_ = start + bytes;
  }
  plan_.weight_bytes += bytes;
  const BufferId id = new_buffer(Buffer::Place::constant, bytes, plan_.constants.size() - 1);
  plan_.buffers[at(id)].offset = block_used_ - bytes;
  return {.buffer = id, .desc = desc};
}

std::byte* Builder::constant_data(const View& view) {
  const Buffer& buffer = plan_.buffers[at(view.buffer)];
  return plan_.constants[buffer.index].data() + buffer.offset;
}

View Builder::constant_view(NodeId id) {
  const Tensor& value = graph_.value(id);
  return constant(row_major(to_dims(value.shape()), value.dtype()), value.bytes().data());
}

View Builder::view(NodeId id) {
  std::optional<View>& known = views_[at(id)];
  if (!known && graph_.as_constant(id) != nullptr) known = constant_view(id);
  if (!known) throw Error(fmt::format("node '{}' has no value yet", graph_[id].name));
  return *known;
}

View Builder::shaped(NodeId id) {
  const Dims dims = to_dims(graph_[id].type.shape);
  const View lies = view(id);
  if (dims_of(lies.desc) == dims) return lies;
  View plain = in_layout(id, lies, row_major(dims_of(lies.desc), dtype_of(lies.desc)));
  plain.desc = row_major(dims, dtype_of(lies.desc));
  return plain;
}

View Builder::row_major_view(NodeId id) {
  const View lies = shaped(id);
  return in_layout(id, lies, row_major(dims_of(lies.desc), dtype_of(lies.desc)));
}

View Builder::channels_last_view(NodeId id) {
  const View lies = shaped(id);
  return in_layout(id, lies, channels_last(dims_of(lies.desc), dtype_of(lies.desc)));
}

View Builder::in_layout(NodeId id, const View& view, const Desc& desc) {
  View result = view;
  result.desc = desc;
  if (interchangeable(view.desc, desc)) return result;
  const auto [begin, end] = other_layouts_.equal_range(id);
  for (auto other = begin; other != end; ++other) {
    if (!interchangeable(other->second.desc, desc)) continue;
    result.buffer = other->second.buffer;
    result.offset = other->second.offset;
    return result;
  }
  const View copy = temporary(desc);
  result.buffer = copy.buffer;
  result.offset = 0;
  owners_[at(result.buffer)].push_back(id);
  add_reorder(id, view, result);
  other_layouts_.emplace(id, result);
  return result;
}

View Builder::allocate(NodeId id, const Desc& desc) {
  if (const auto begun = joined_.find(id); begun != joined_.end()) return begun->second;
  const auto slot = slots_.find(id);
  if (slot == slots_.end() || !interchangeable(desc, blocked(dims_of(desc), DType::f32))) {
    View made = temporary(desc);
    owners_[at(made.buffer)].push_back(id);
    return made;
  }
  const auto [concat, channel] = slot->second;
  if (!joined_.contains(concat)) {
    const Dims dims = to_dims(graph_[concat].type.shape);
    joined_.emplace(concat, allocate(concat, blocked(dims, DType::f32)));
  }
  View part = joined_.at(concat);
  const Dims dims = dims_of(desc);
  part.offset += static_cast<std::size_t>(channel * dims[2] * dims[3]) * sizeof(float);
  part.desc = desc;
  owners_[at(part.buffer)].push_back(id);
  return part;
}

bool Builder::may_overwrite(const View& view, NodeId id) const {
  if (plan_.buffers[at(view.buffer)].place != Buffer::Place::arena) return false;
  return std::ranges::all_of(owners_[at(view.buffer)],
                             [&](NodeId owner) { return last_reader_[at(owner)] <= id; });
}

View Builder::overwrite_or_allocate(NodeId id, const View& input) {
  if (slots_.contains(id) || !may_overwrite(input, id)) return allocate(id, input.desc);
  owners_[at(input.buffer)].push_back(id);
  View same = input;
  same.scale = -1;
  return same;
}

View Builder::temporary(const Desc& desc) {
  return {.buffer = new_buffer(Buffer::Place::arena, desc.get_size()), .desc = desc};
}

void Builder::emit(Step step) {
  step.dtypes = dtypes_of(step);
  for (const Operand& operand : step.operands)
    touch(operand.view.buffer, static_cast<int>(plan_.steps.size()));
  plan_.steps.push_back(std::move(step));
}

void Builder::add(NodeId id, const Kernel& kernel, std::vector<Operand> operands,
                  std::int64_t macs) {
  for (const Parameter& parameter : kernel.parameters)
    operands.push_back({parameter.argument, constant(parameter.desc, parameter.values.data())});
  if (kernel.scratchpad.get_size() > 0)
    operands.push_back({DNNL_ARG_SCRATCHPAD, temporary(kernel.scratchpad)});
  emit({.node = graph_[id].name,
        .op = std::string(op_name(graph_[id].op)),
        .implementation = kernel.implementation,
        .macs = macs,
        .work = kernel.primitive,
        .operands = std::move(operands)});
}

void Builder::add(NodeId id, std::string implementation, OwnKernel kernel,
                  std::vector<Operand> operands, std::int64_t macs) {
  emit({.node = graph_[id].name,
        .op = std::string(op_name(graph_[id].op)),
        .implementation = std::move(implementation),
        .macs = macs,
        .work = std::move(kernel),
        .operands = std::move(operands)});
}

void Builder::define(NodeId id, const View& view) {
  views_[at(id)] = view;
  std::vector<NodeId>& owners = owners_[at(view.buffer)];
  if (std::ranges::find(owners, id) == owners.end()) owners.push_back(id);
  for (std::size_t i = 0; i < options_.observed.size(); ++i) {
    if (options_.observed[i] == id) observe(i, id);
  }
}

void Builder::observe(std::size_t observed, NodeId id) {
  Observation seen{.after = static_cast<int>(plan_.steps.size()),
                   .observed = observed,
                   .copy = std::nullopt,
                   .view = view(id)};
  // Shown before the next step begins: alive until then.
  touch(seen.view.buffer, seen.after);
  if (!is_dense(seen.view.desc)) {
    const Desc plain = row_major(dims_of(seen.view.desc), DType::f32);
    const View from = seen.view;
    seen.view = temporary(plain);
    add_reorder(id, from, seen.view);
    seen.copy = std::move(plan_.steps.back());
    plan_.steps.pop_back();
  }
  seen.elements = static_cast<std::size_t>(elements(seen.view.desc));
  plan_.observations.push_back(std::move(seen));
}

// Values that are given out in the caller's layout are written straight to the caller's memory.
void Builder::bind_outputs() {
  for (const NodeId id : graph_.outputs()) {
    const Dims dims = to_dims(graph_[id].type.shape);
    const Desc wanted = row_major(dims, DType::f32);
    const std::size_t index = plan_.output_elements.size();
    plan_.output_elements.push_back(static_cast<std::size_t>(elements(wanted)));
    View from = view(id);
    const bool reads_as_is = interchangeable(from.desc, wanted) || elements(from.desc) == 1;
    Buffer& buffer = plan_.buffers[at(from.buffer)];
    if (reads_as_is && buffer.place == Buffer::Place::arena && from.offset == 0 &&
        buffer.bytes == wanted.get_size()) {
      buffer.place = Buffer::Place::output;
      buffer.index = index;
      continue;
    }
    if (from.scale >= 0 || dtype_of(from.desc) != DType::f32)
      throw Error("an output is f32: dequantize it first")
          .at(fmt::format("node '{}'", graph_[id].name));
    from = shaped(id);
    const View to{.buffer = new_buffer(Buffer::Place::output, wanted.get_size(), index),
                  .desc = wanted};
    add_reorder(id, from, to);
  }
}

void Builder::place() {
  std::vector<Lifetime> lives;
  std::vector<BufferId> ids;
  std::vector<Lifetime> without_scratch;
  std::vector<bool> is_scratch(plan_.buffers.size(), false);
  for (const Step& step : plan_.steps) {
    for (const Operand& operand : step.operands) {
      if (operand.argument == DNNL_ARG_SCRATCHPAD) is_scratch[at(operand.view.buffer)] = true;
    }
  }
  for (std::size_t i = 0; i < plan_.buffers.size(); ++i) {
    const Buffer& buffer = plan_.buffers[i];
    if (buffer.place != Buffer::Place::arena || buffer.first < 0) continue;
    lives.push_back({buffer.bytes, buffer.first, buffer.last});
    ids.push_back(static_cast<BufferId>(i));
    if (!is_scratch[i]) without_scratch.push_back(lives.back());
  }
  std::vector<std::size_t> offsets(lives.size());
  const std::size_t values_only = place_buffers(without_scratch, offsets);
  plan_.arena_bytes = place_buffers(lives, offsets);
  plan_.scratch_bytes = plan_.arena_bytes - std::min(values_only, plan_.arena_bytes);
  for (std::size_t i = 0; i < ids.size(); ++i) plan_.buffers[at(ids[i])].offset = offsets[i];
}

Plan Builder::finish() {
  bind_outputs();
  place();
  return std::move(plan_);
}

}  // namespace qbench::onednn
