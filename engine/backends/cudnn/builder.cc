#include "engine/backends/cudnn/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/core/arena.h"
#include "engine/core/error.h"

namespace qbench::cudnn {
namespace {

constexpr std::size_t kAlignment = 256;  // what the device's own allocator gives

std::size_t at(NodeId id) { return static_cast<std::size_t>(id); }

void check_real(const Node& node, std::string_view what) {
  if (node.type.dtype == DType::f32 && !node.type.quant) return;
  throw Error(
      fmt::format("{} '{}' is {}, expected f32", what, node.name, to_string(node.type.dtype)));
}

// Where a value of `desc` may be read as one of `wanted`: more padding does no harm.
bool serves_as(const Desc& desc, const Desc& wanted) {
  return desc.dtype == wanted.dtype && desc.shape == wanted.shape && desc.layout == wanted.layout;
}

// One pixel without padding channels lies the same in both layouts.
bool is_row_major(const Desc& desc) {
  if (desc.layout == Layout::row_major) return true;
  return desc.channels == desc.shape[1] && desc.shape[2] * desc.shape[3] == 1;
}

}  // namespace

Builder::Builder(const Graph& graph, const PlanOptions& options)
    : graph_(graph), options_(options), views_(at(graph.size())) {
  for (const std::string& name : options.observed) {
    const std::optional<NodeId> id = graph.find(name);
    if (!id) throw Error(fmt::format("no node '{}' to observe", name));
    check_real(graph[*id], "observed node");
    observed_.push_back(*id);
  }
  for (const NodeId id : graph.outputs()) check_real(graph[id], "output");
  find_readers();
  for (const NodeId id : graph.inputs()) {
    const Desc desc = row_major(graph[id].type.shape, DType::f32);
    const std::size_t index = plan_.input_elements.size();
    plan_.input_elements.push_back(static_cast<std::size_t>(elements_of(desc)));
    define(id, {.buffer = new_buffer(Buffer::Place::input, bytes_of(desc), index), .desc = desc});
  }
}

void Builder::find_readers() {
  last_reader_.assign(at(graph_.size()), -1);
  readers_.resize(at(graph_.size()));
  for (NodeId id = 0; id < graph_.size(); ++id) {
    for (const NodeId input : graph_[id].inputs) {
      last_reader_[at(input)] = id;
      readers_[at(input)].push_back(id);
    }
  }
  for (const NodeId id : graph_.outputs()) last_reader_[at(id)] = graph_.size();
}

DType Builder::real_dtype() const {
  return options_.float_math == FloatMath::f16 ? DType::f16 : DType::f32;
}

bool Builder::is_channels_last(DType dtype) const {
  return dtype != DType::f32 || !options_.row_major;
}

Desc Builder::natural(NodeId id) const {
  const TensorType& type = graph_[id].type;
  const DType dtype = type.quant ? type.dtype : real_dtype();
  const bool last = type.shape.rank() == 4 && is_channels_last(dtype);
  return last ? channels_last(type.shape, dtype) : row_major(type.shape, dtype);
}

Desc Builder::result_desc(NodeId id) const {
  if (readers_[at(id)].empty() && !graph_[id].type.quant)
    return row_major(graph_[id].type.shape, DType::f32);
  return natural(id);
}

bool Builder::is_read_in_f32(NodeId id) const {
  return std::ranges::all_of(readers_[at(id)], [&](NodeId reader) {
    return std::holds_alternative<Softmax>(graph_[reader].op);
  });
}

View Builder::view(NodeId id) {
  std::optional<View>& known = views_[at(id)];
  if (!known && graph_.as_constant(id) != nullptr) {
    const Tensor& value = graph_.value(id);
    known = constant(row_major(value.shape(), value.dtype()), value.clone());
  }
  if (!known) throw Error(fmt::format("node '{}' has no value yet", graph_[id].name));
  return *known;
}

View Builder::shaped(NodeId id) {
  const Shape& shape = graph_[id].type.shape;
  View lies = view(id);
  if (lies.desc.shape == shape) return lies;
  if (!is_row_major(lies.desc))
    lies = in_desc(id, lies, row_major(lies.desc.shape, lies.desc.dtype));
  lies.desc = row_major(shape, lies.desc.dtype);
  return lies;
}

View Builder::row_major_view(NodeId id) { return row_major_view(id, view(id).desc.dtype); }

View Builder::row_major_view(NodeId id, DType dtype) {
  View lies = view(id);
  if (lies.desc.dtype != dtype || !is_row_major(lies.desc))
    lies = in_desc(id, lies, row_major(lies.desc.shape, dtype));
  lies.desc = row_major(graph_[id].type.shape, dtype);
  return lies;
}

View Builder::natural_view(NodeId id) { return in_desc(id, shaped(id), natural(id)); }

View Builder::in_desc(NodeId id, const View& view, const Desc& desc) {
  if (serves_as(view.desc, desc)) return view;
  const auto [begin, end] = converted_.equal_range(id);
  for (auto other = begin; other != end; ++other) {
    if (serves_as(other->second.desc, desc)) return other->second;
  }
  return exactly_in_desc(id, view, desc);
}

View Builder::exactly_in_desc(NodeId id, const View& view, const Desc& desc) {
  if (view.desc == desc) return view;
  View result = temporary(desc);
  result.scales = view.scales;
  owners_[at(result.buffer)].push_back(id);
  emit({.node = graph_[id].name,
        .op = "reorder",
        .work = ConvertWork{},
        .operands = {view, result}});
  converted_.emplace(id, result);
  return result;
}

View Builder::scales_of(const View& view) const {
  if (view.scales < 0) return {};
  const auto images =
      static_cast<std::int64_t>(plan_.buffers[at(view.scales)].bytes / sizeof(float));
  return {.buffer = view.scales, .desc = row_major({images}, DType::f32)};
}

View Builder::allocate(NodeId id, const Desc& desc) {
  View made = temporary(desc);
  owners_[at(made.buffer)].push_back(id);
  return made;
}

bool Builder::may_overwrite(const View& view, NodeId id) const {
  if (plan_.buffers[at(view.buffer)].place != Buffer::Place::arena) return false;
  return std::ranges::all_of(owners_[at(view.buffer)],
                             [&](NodeId owner) { return last_reader_[at(owner)] <= id; });
}

View Builder::overwrite_or_allocate(NodeId id, const Desc& desc, std::span<const View> inputs) {
  const auto shares = [&](const View& other) {
    return other.buffer == inputs[0].buffer && other.desc != inputs[0].desc;
  };
  if (inputs[0].desc != desc || std::ranges::any_of(inputs, shares) ||
      !may_overwrite(inputs[0], id))
    return allocate(id, desc);
  owners_[at(inputs[0].buffer)].push_back(id);
  View same = inputs[0];
  same.scales = -1;
  return same;
}

View Builder::temporary(const Desc& desc) {
  return {.buffer = new_buffer(Buffer::Place::arena, bytes_of(desc)), .desc = desc};
}

View Builder::constant(const Desc& desc, Tensor values) {
  if (values.size_bytes() != bytes_of(desc))
    throw Error(
        fmt::format("{} bytes of constants, expected {}", values.size_bytes(), bytes_of(desc)));
  plan_.weight_bytes += values.size_bytes();
  plan_.constants.push_back(std::move(values));
  const std::size_t index = plan_.constants.size() - 1;
  return {.buffer = new_buffer(Buffer::Place::constant, bytes_of(desc), index), .desc = desc};
}

View Builder::constant(std::span<const float> values) {
  const Shape shape{static_cast<std::int64_t>(values.size())};
  return constant(row_major(shape, DType::f32), Tensor::of<float>(shape, values));
}

BufferId Builder::new_buffer(Buffer::Place place, std::size_t bytes, std::size_t index) {
  plan_.buffers.push_back({.place = place, .bytes = bytes, .index = index});
  owners_.emplace_back();
  return static_cast<BufferId>(plan_.buffers.size()) - 1;
}

void Builder::touch(const View& view, int step) {
  if (view.buffer < 0) return;
  Buffer& buffer = plan_.buffers[at(view.buffer)];
  if (buffer.first < 0) buffer.first = step;
  buffer.last = std::max(buffer.last, step);
}

void Builder::emit(Step step) {
  for (const View& operand : step.operands) touch(operand, static_cast<int>(plan_.steps.size()));
  plan_.steps.push_back(std::move(step));
}

void Builder::add(NodeId id, const Work& work, std::vector<View> operands, std::int64_t macs) {
  emit({.node = graph_[id].name,
        .op = std::string(op_name(graph_[id].op)),
        .macs = macs,
        .work = work,
        .operands = std::move(operands)});
}

void Builder::define(NodeId id, const View& view) {
  views_[at(id)] = view;
  std::vector<NodeId>& owners = owners_[at(view.buffer)];
  if (std::ranges::find(owners, id) == owners.end()) owners.push_back(id);
  for (std::size_t i = 0; i < observed_.size(); ++i) {
    if (observed_[i] == id) observe(i, id);
  }
}

void Builder::observe(std::size_t observed, NodeId id) {
  const View seen = row_major_view(id, DType::f32);
  const auto after = static_cast<int>(plan_.steps.size());
  touch(seen, after);  // shown before the next step begins: alive until then
  plan_.observations.push_back({.after = after, .observed = observed, .view = seen});
}

// Values that lie as the caller wants them are written straight to the caller's memory.
void Builder::bind_outputs() {
  for (const NodeId id : graph_.outputs()) {
    const std::size_t index = plan_.output_elements.size();
    const View from = view(id);
    const Desc wanted = row_major(from.desc.shape, DType::f32);
    plan_.output_elements.push_back(static_cast<std::size_t>(elements_of(wanted)));
    Buffer& buffer = plan_.buffers[at(from.buffer)];
    const bool lies_right = from.desc.dtype == DType::f32 && is_row_major(from.desc);
    if (lies_right && buffer.place == Buffer::Place::arena && buffer.bytes == bytes_of(wanted)) {
      buffer.place = Buffer::Place::output;
      buffer.index = index;
      continue;
    }
    const View to{.buffer = new_buffer(Buffer::Place::output, bytes_of(wanted), index),
                  .desc = wanted};
    emit({.node = graph_[id].name, .op = "reorder", .work = ConvertWork{}, .operands = {from, to}});
  }
}

void Builder::place() {
  std::vector<Lifetime> lives;
  std::vector<BufferId> ids;
  for (std::size_t i = 0; i < plan_.buffers.size(); ++i) {
    const Buffer& buffer = plan_.buffers[i];
    if (buffer.place != Buffer::Place::arena || buffer.first < 0) continue;
    lives.push_back({buffer.bytes, buffer.first, buffer.last});
    ids.push_back(static_cast<BufferId>(i));
  }
  std::vector<std::size_t> offsets(lives.size());
  plan_.arena_bytes = place_buffers(lives, offsets, kAlignment);
  for (std::size_t i = 0; i < ids.size(); ++i) plan_.buffers[at(ids[i])].offset = offsets[i];
}

Plan Builder::finish() {
  bind_outputs();
  place();
  return std::move(plan_);
}

}  // namespace qbench::cudnn
