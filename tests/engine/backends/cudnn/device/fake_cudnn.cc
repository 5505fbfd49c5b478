// The library as a store of attributes, and what a plan computes as loops.
#include <cudnn.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "engine/backends/cudnn/kernels/element.h"
#include "tests/engine/backends/cudnn/device/fake_cuda.h"

namespace qbench::cudnn {
namespace {

struct Fake {
  cudnnBackendDescriptorType_t type;
  std::map<int, std::vector<std::byte>> values;
  std::map<int, std::vector<Fake*>> parts;

  template <class T>
  std::vector<T> list(int name) const {
    const auto found = values.find(name);
    if (found == values.end()) return {};
    std::vector<T> all(found->second.size() / sizeof(T));
    std::memcpy(all.data(), found->second.data(), found->second.size());
    return all;
  }
  template <class T>
  T one(int name, T otherwise) const {
    const auto found = values.find(name);
    if (found == values.end()) return otherwise;
    std::memcpy(&otherwise, found->second.data(), sizeof otherwise);
    return otherwise;
  }
  const Fake& part(int name) const { return *parts.at(name).front(); }
};

std::size_t size_of_type(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
      return sizeof(bool);
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_HANDLE:
      return 8;
    default:
      return 4;  // float and enumerations
  }
}

DType dtype_of_tensor(const Fake& tensor) {
  switch (tensor.one(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_DATA_FLOAT)) {
    case CUDNN_DATA_HALF:
      return DType::f16;
    case CUDNN_DATA_INT8:
      return DType::s8;
    case CUDNN_DATA_INT32:
      return DType::s32;
    default:
      return DType::f32;
  }
}

using Index = std::array<std::int64_t, 4>;

// Virtual ones have memory of their own here.
struct Values {
  Index dims{};
  Index strides{};
  DType dtype = DType::f32;
  std::byte* data = nullptr;
  std::vector<float> own{};

  std::int64_t offset(const Index& at) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum += (dims[i] == 1 ? 0 : at[i]) * strides[i];
    return sum;
  }
};

class Run {
 public:
  Run(const Fake& graph, const std::map<std::int64_t, std::byte*>& places, bool is_wrong)
      : places_(places), is_wrong_(is_wrong) {
    for (const Fake* operation : graph.parts.at(CUDNN_ATTR_OPERATIONGRAPH_OPS)) {
      if (operation->type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR) {
        pointwise(*operation);
      } else {
        convolve(*operation);
      }
    }
  }

 private:
  Values& values(const Fake& tensor) {
    const auto [entry, is_new] = values_.try_emplace(&tensor);
    Values& made = entry->second;
    if (!is_new) return made;
    std::ranges::copy(tensor.list<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS), made.dims.begin());
    std::ranges::copy(tensor.list<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES), made.strides.begin());
    if (tensor.one(CUDNN_ATTR_TENSOR_IS_VIRTUAL, false)) {
      const auto& [n, c, h, w] = made.dims;
      made.strides = {c * h * w, h * w, w, 1};
      made.own.resize(static_cast<std::size_t>(n * c * h * w));
      made.data = reinterpret_cast<std::byte*>(made.own.data());
    } else {
      made.dtype = dtype_of_tensor(tensor);
      made.data = places_.at(tensor.one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID, 0));
    }
    return made;
  }
  static float get(const Values& from, const Index& at) {
    return kernels::load(from.data, from.dtype, from.offset(at));
  }
  void put(Values& to, const Index& at, float value) const {
    if (is_wrong_ && to.own.empty()) value = 2 * value + 3;
    if (to.dtype == DType::s32) {  // `store` has no need of them
      const auto whole = static_cast<std::int32_t>(value);
      std::memcpy(to.data + 4 * to.offset(at), &whole, sizeof whole);
    } else {
      kernels::store(to.data, to.dtype, to.offset(at), value);
    }
  }
  template <class F>
  static void for_each(const Index& extents, F&& f) {
    for (std::int64_t n = 0; n < extents[0]; ++n)
      for (std::int64_t c = 0; c < extents[1]; ++c)
        for (std::int64_t h = 0; h < extents[2]; ++h)
          for (std::int64_t w = 0; w < extents[3]; ++w) f(Index{n, c, h, w});
  }

  void convolve(const Fake& operation) {
    const Values& x = values(operation.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X));
    const Values& w = values(operation.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W));
    Values& y = values(operation.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
    const Fake& form = operation.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC);
    const auto stride = form.list<std::int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
    const auto dilation = form.list<std::int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS);
    const auto padding = form.list<std::int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
    const std::int64_t per_group = w.dims[0] / (x.dims[1] / w.dims[1]);
    for_each(y.dims, [&](const Index& at) {
      float sum = 0;
      for_each({1, w.dims[1], w.dims[2], w.dims[3]}, [&](const Index& tap) {
        const std::int64_t row = at[2] * stride[0] + tap[2] * dilation[0] - padding[0];
        const std::int64_t column = at[3] * stride[1] + tap[3] * dilation[1] - padding[1];
        if (row < 0 || column < 0 || row >= x.dims[2] || column >= x.dims[3]) return;
        const std::int64_t channel = at[1] / per_group * w.dims[1] + tap[1];
        sum += get(x, {at[0], channel, row, column}) * get(w, {at[1], tap[1], tap[2], tap[3]});
      });
      put(y, at, sum);
    });
  }

  static float apply(const Fake& form, float x, float b) {
    switch (form.one(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY)) {
      case CUDNN_POINTWISE_ADD:
        return x + b;
      case CUDNN_POINTWISE_MUL:
        return x * b;
      case CUDNN_POINTWISE_MIN:
        return std::min(x, b);
      case CUDNN_POINTWISE_MAX:
        return std::max(x, b);
      case CUDNN_POINTWISE_RELU_FWD: {
        const double slope = form.one(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0.0);
        const double upper = form.one(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, double{INFINITY});
        return x < 0 ? static_cast<float>(slope) * x : std::min(x, static_cast<float>(upper));
      }
      case CUDNN_POINTWISE_SIGMOID_FWD:
        return 1 / (1 + std::exp(-x));
      case CUDNN_POINTWISE_TANH_FWD:
        return std::tanh(x);
      default:
        return x;
    }
  }

  void pointwise(const Fake& operation) {
    const Values& x = values(operation.part(CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
    const bool binary = operation.parts.contains(CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
    const Values* b =
        binary ? &values(operation.part(CUDNN_ATTR_OPERATION_POINTWISE_BDESC)) : nullptr;
    Values& y = values(operation.part(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
    const Fake& form = operation.part(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
    for_each(y.dims, [&](const Index& at) {
      put(y, at, apply(form, get(x, at), b == nullptr ? 0 : get(*b, at)));
    });
  }

  const std::map<std::int64_t, std::byte*>& places_;
  bool is_wrong_;
  std::map<const Fake*, Values> values_;  // whose addresses stay
};

void set(Fake& fake, int name, std::int64_t value) {
  fake.values[name].resize(sizeof value);
  std::memcpy(fake.values[name].data(), &value, sizeof value);
}

// Which kernels there are for the graph.
std::vector<std::int64_t> engines(const Fake& graph) {
  const bool fused = graph.parts.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).size() > 1;
  if (!(fused ? fake_cudnn().has_fused : fake_cudnn().has_sums)) return {};
  if (!fake_cudnn().has_right) return {2};
  if (fake_cudnn().first_can_be_recorded) return {2, 1, 3};
  return {2, 1, 3, 4};
}

// What the library itself knows of a descriptor.
std::int64_t answer(Fake& fake, int name, std::int64_t requested, void* out) {
  auto* const places = static_cast<Fake**>(out);
  if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS) {
    Fake* graph = fake.parts.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH).front();
    const auto found = engines(*graph);
    for (std::size_t i = 0; i < static_cast<std::size_t>(requested) && i < found.size(); ++i)
      set(*places[i], CUDNN_ATTR_ENGINE_GLOBAL_INDEX, found[i]);
    return static_cast<std::int64_t>(found.size());
  }
  if (name == CUDNN_ATTR_ENGINECFG_ENGINE) {
    places[0]->values = fake.values;
    return 1;
  }
  if (name == CUDNN_ATTR_ENGINECFG_KNOB_CHOICES) {
    if (requested == 0) return 0;
    set(*places[0], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, 2);
    set(*places[0], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, 5);
    return 1;
  }
  if (name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)
    set(fake, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 64);
  const std::vector<std::byte>& value = fake.values[name];
  if (!value.empty())
    std::memcpy(out, value.data(), name == CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE ? 4 : 8);
  return value.empty() ? 0 : 1;
}

const Fake& engine_of(const Fake& plan) {
  return plan.part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).part(CUDNN_ATTR_ENGINECFG_ENGINE);
}

// Counts its users.
struct FakeHandle {
  std::atomic<int> users = 0;
};

FakeHandle& handle_of(const Fake& plan) {
  return *plan.one<FakeHandle*>(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, nullptr);
}

void make_slowly(FakeHandle& handle) {
  if (handle.users++ > 0) std::atomic_ref(fake_cudnn().handles_shared)++;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  --handle.users;
}

std::int64_t engine_number(const Fake& plan) {
  return engine_of(plan).one<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 0);
}

bool can_be_made(const Fake& plan) {
  const Fake& engine = engine_of(plan);
  const auto index = engine.one<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 0);
  const auto known = engines(engine.part(CUDNN_ATTR_ENGINE_OPERATION_GRAPH));
  return index != 3 && std::ranges::find(known, index) != known.end();
}

}  // namespace

FakeCudnn& fake_cudnn() {
  static FakeCudnn fake;
  return fake;
}

}  // namespace qbench::cudnn

using namespace qbench::cudnn;

extern "C" {

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  *handle = reinterpret_cast<cudnnHandle_t>(new FakeHandle);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete reinterpret_cast<FakeHandle*>(handle);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; }

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t* descriptor) {
  *descriptor = new Fake{type, {}, {}};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  delete static_cast<Fake*>(descriptor);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t count,
                                       const void* values) {
  Fake& fake = *static_cast<Fake*>(descriptor);
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    auto* const* parts = static_cast<Fake* const*>(values);
    fake.parts[name].assign(parts, parts + count);
  } else {
    const auto* bytes = static_cast<const std::byte*>(values);
    fake.values[name].assign(bytes, bytes + static_cast<std::size_t>(count) * size_of_type(type));
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t, std::int64_t requested,
                                       std::int64_t* count, void* out) {
  *count = answer(*static_cast<Fake*>(descriptor), name, requested, out);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  const Fake& fake = *static_cast<Fake*>(descriptor);
  if (fake.type != CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) return CUDNN_STATUS_SUCCESS;
  make_slowly(handle_of(fake));
  const bool good = can_be_made(fake);
  return good ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
  FakeCudnn& library = fake_cudnn();
  if (&handle_of(*static_cast<Fake*>(plan)) != reinterpret_cast<FakeHandle*>(handle))
    ++library.handles_shared;
  const std::int64_t number = engine_number(*static_cast<Fake*>(plan));
  if (library.fails_from >= 0 && library.executions >= library.fails_from)
    return CUDNN_STATUS_EXECUTION_FAILED;
  if (is_recording() && number == 1 && !library.first_can_be_recorded)
    return CUDNN_STATUS_NOT_SUPPORTED_CUDA_GRAPH_NATIVE_API;
  if (number == 2 && library.second_breaks_device) fake_cuda().is_lost = true;
  const Fake& addresses = *static_cast<Fake*>(pack);
  const auto ids = addresses.list<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto data = addresses.list<std::byte*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  const auto workspace = addresses.list<std::byte*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  std::map<std::int64_t, std::byte*> places;
  for (std::size_t i = 0; i < ids.size(); ++i) places[ids[i]] = data[i];
  run_or_record([places, workspace, number, engine = &engine_of(*static_cast<Fake*>(plan))] {
    ++fake_cudnn().executions;
    if (number == 4) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::memset(workspace.front(), 0xFF, 64);  // it may write what it asked for
    Run(engine->part(CUDNN_ATTR_ENGINE_OPERATION_GRAPH), places, number == 2);
  });
  return CUDNN_STATUS_SUCCESS;
}

}  // extern "C"
