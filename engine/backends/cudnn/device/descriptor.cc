#include "engine/backends/cudnn/device/descriptor.h"

#include <fmt/format.h>

#include <array>

#include "engine/backends/cudnn/device/check.h"

namespace qbench::cudnn {
namespace {

cudnnBackendDescriptor_t create(cudnnBackendDescriptorType_t type) {
  cudnnBackendDescriptor_t handle = nullptr;
  check(cudnnBackendCreateDescriptor(type, &handle),
        fmt::format("could not create descriptor type {}", static_cast<int>(type)));
  return handle;
}

// How many there are, written to the front of `values`.
template <class T, std::size_t kCount>
std::vector<T> get_list(const Descriptor& of, cudnnBackendAttributeName_t name,
                        cudnnBackendAttributeType_t type) {
  std::array<T, kCount> values{};
  std::int64_t count = 0;
  check(cudnnBackendGetAttribute(of.get(), name, type, kCount, &count, values.data()),
        fmt::format("could not read attribute {}", static_cast<int>(name)));
  const auto found = std::min(static_cast<std::size_t>(count), kCount);
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(found)};
}

template <class T>
T get_one(const Descriptor& of, cudnnBackendAttributeName_t name,
          cudnnBackendAttributeType_t type) {
  const std::vector<T> values = get_list<T, 1>(of, name, type);
  if (values.empty())
    throw Error(fmt::format("cuDNN attribute {} has no value", static_cast<int>(name)),
                ErrorKind::environment);
  return values.front();
}

}  // namespace

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) : handle_(create(type)) {}

void Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                     std::size_t count, const void* values) {
  check(cudnnBackendSetAttribute(get(), name, type, static_cast<std::int64_t>(count), values),
        fmt::format("did not take attribute {}", static_cast<int>(name)));
}

void Descriptor::set(cudnnBackendAttributeName_t name, std::int64_t value) {
  set(name, CUDNN_TYPE_INT64, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, std::span<const std::int64_t> values) {
  set(name, CUDNN_TYPE_INT64, values.size(), values.data());
}
void Descriptor::set(cudnnBackendAttributeName_t name, float value) {
  set(name, CUDNN_TYPE_FLOAT, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, double value) {
  set(name, CUDNN_TYPE_DOUBLE, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, bool value) {
  set(name, CUDNN_TYPE_BOOLEAN, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, cudnnDataType_t value) {
  set(name, CUDNN_TYPE_DATA_TYPE, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, cudnnConvolutionMode_t value) {
  set(name, CUDNN_TYPE_CONVOLUTION_MODE, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, cudnnPointwiseMode_t value) {
  set(name, CUDNN_TYPE_POINTWISE_MODE, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendHeurMode_t value) {
  set(name, CUDNN_TYPE_HEUR_MODE, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendKnobType_t value) {
  set(name, CUDNN_TYPE_KNOB_TYPE, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, cudnnHandle_t value) {
  set(name, CUDNN_TYPE_HANDLE, 1, &value);
}
void Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor& value) {
  cudnnBackendDescriptor_t handle = value.get();
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &handle);
}

void Descriptor::set(cudnnBackendAttributeName_t name, std::span<const Descriptor> values) {
  std::vector<cudnnBackendDescriptor_t> handles;
  handles.reserve(values.size());
  for (const Descriptor& value : values) handles.push_back(value.get());
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, handles.size(), handles.data());
}

void Descriptor::set(cudnnBackendAttributeName_t name, std::span<void* const> pointers) {
  set(name, CUDNN_TYPE_VOID_PTR, pointers.size(), pointers.data());
}

void Descriptor::set_text(cudnnBackendAttributeName_t name, std::span<const char> text) {
  set(name, CUDNN_TYPE_CHAR, text.size(), text.data());
}

void Descriptor::finalize() { check(cudnnBackendFinalize(get()), "refuses"); }

std::int64_t Descriptor::get_int(cudnnBackendAttributeName_t name) const {
  return get_one<std::int64_t>(*this, name, CUDNN_TYPE_INT64);
}

cudnnBackendKnobType_t Descriptor::get_knob_type(cudnnBackendAttributeName_t name) const {
  return get_one<cudnnBackendKnobType_t>(*this, name, CUDNN_TYPE_KNOB_TYPE);
}

std::vector<cudnnBackendNumericalNote_t> Descriptor::get_numerical_notes() const {
  return get_list<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT>(
      *this, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE);
}

std::vector<cudnnBackendBehaviorNote_t> Descriptor::get_behavior_notes() const {
  return get_list<cudnnBackendBehaviorNote_t, CUDNN_BEHAVIOR_NOTE_TYPE_COUNT>(
      *this, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE);
}

std::int64_t Descriptor::count_descriptors(cudnnBackendAttributeName_t name) const {
  std::int64_t count = 0;
  check(cudnnBackendGetAttribute(get(), name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr),
        fmt::format("could not count attribute {}", static_cast<int>(name)));
  return count;
}

std::vector<Descriptor> Descriptor::get_descriptors(cudnnBackendAttributeName_t name,
                                                    cudnnBackendDescriptorType_t type,
                                                    std::int64_t most) const {
  std::vector<Descriptor> found;
  std::vector<cudnnBackendDescriptor_t> handles;
  for (std::int64_t i = 0; i < most; ++i) handles.push_back(found.emplace_back(type).get());
  std::int64_t count = 0;
  if (most > 0)
    check(cudnnBackendGetAttribute(get(), name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, &count,
                                   handles.data()),
          fmt::format("could not read attribute {}", static_cast<int>(name)));
  found.erase(found.begin() + static_cast<std::ptrdiff_t>(count), found.end());
  return found;
}

Descriptor Descriptor::get_descriptor(cudnnBackendAttributeName_t name,
                                      cudnnBackendDescriptorType_t type) const {
  Descriptor found(type);
  cudnnBackendDescriptor_t handle = found.get();
  std::int64_t count = 0;
  check(cudnnBackendGetAttribute(get(), name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &handle),
        fmt::format("could not read attribute {}", static_cast<int>(name)));
  return found;
}

}  // namespace qbench::cudnn
