// Inception v3 without its auxiliary head, as Gluon has it. (Szegedy et al., Rethinking the
// Inception Architecture for Computer Vision.)

#include <fmt/format.h>

#include "engine/zoo/networks.h"

namespace qbench {
namespace {

constexpr float kEpsilon = 1e-3F;

struct Unit {  // convolution, batch norm, ReLU
  std::int64_t filters;
  Extent2d kernel = {};
  Extent2d stride = {};
  Padding2d padding = {};
};

Unit wide(std::int64_t filters, std::int64_t columns) {  // keeps the size
  return {filters, {1, columns}, square(1), around(0, columns / 2)};
}
Unit tall(std::int64_t filters, std::int64_t rows) {
  return {filters, {rows, 1}, square(1), around(rows / 2, 0)};
}
Unit same(std::int64_t filters, std::int64_t side) {
  return {filters, square(side), square(1), around(side / 2)};
}
Unit halving(std::int64_t filters) { return {filters, square(3), square(2)}; }

// One block of the network's sequence.
class Module {
 public:
  Module(NetworkBuilder& builder, int child, const std::string& prefix)
      : b_(builder), path_(fmt::format("features.{}", child)), scope_("inception30_" + prefix) {}

  NodeId unit(const std::string& path, NodeId data, const Unit& unit) {
    NodeId x = b_.convolution(scope_.layer("conv", path + ".0"), data,
                              {.filters = b_.channels(unit.filters),
                               .kernel = unit.kernel,
                               .stride = unit.stride,
                               .padding = unit.padding});
    x = b_.batch_norm(scope_.layer("batchnorm", path + ".1"), x, {.epsilon = kEpsilon});
    return b_.relu(scope_.block("relu"), x);
  }

  // The next branch: units one after the other. `first` is the place of the first one.
  NodeId branch(NodeId data, const std::vector<Unit>& units, int first = 0) {
    return sequence(fmt::format("{}.{}", path_, branches_++), data, units, first);
  }

  NodeId pool(NodeId data, const Pool& pool) { return b_.pool(scope_.block("pool"), data, pool); }
  NodeId pooled_branch(NodeId data, const Pool& pool, const std::vector<Unit>& units) {
    return branch(this->pool(data, pool), units, 1);
  }

  // Units that end in a fork to 1x3 and 3x1.
  NodeId forked_branch(NodeId data, const std::vector<Unit>& units, std::int64_t filters) {
    const std::string path = fmt::format("{}.{}", path_, branches_++);
    const NodeId x = sequence(path + ".0", data, units, 0);
    const NodeId row = sequence(path + ".1.0", x, {wide(filters, 3)}, 0);
    const NodeId column = sequence(path + ".1.1", x, {tall(filters, 3)}, 0);
    return join({row, column});
  }

  GluonScope& scope() { return scope_; }
  NodeId join(std::vector<NodeId> branches) {
    return b_.concat(scope_.operation("concat"), std::move(branches));
  }

 private:
  NodeId sequence(const std::string& path, NodeId data, const std::vector<Unit>& units, int first) {
    for (const Unit& next : units) data = unit(fmt::format("{}.{}", path, first++), data, next);
    return data;
  }

  NetworkBuilder& b_;
  std::string path_;
  GluonScope scope_;
  int branches_ = 0;
};

NodeId module_a(Module m, NodeId x, std::int64_t pool_filters) {
  const NodeId one = m.branch(x, {{64}});
  const NodeId five = m.branch(x, {{48}, same(64, 5)});
  const NodeId threes = m.branch(x, {{64}, same(96, 3), same(96, 3)});
  return m.join({one, five, threes, m.pooled_branch(x, average_window(3, 1, 1), {{pool_filters}})});
}

NodeId module_b(Module m, NodeId x) {
  const NodeId three = m.branch(x, {halving(384)});
  const NodeId threes = m.branch(x, {{64}, same(96, 3), halving(96)});
  return m.join({three, threes, m.pool(x, max_window(3, 2))});
}

NodeId module_c(Module m, NodeId x, std::int64_t c) {
  const NodeId one = m.branch(x, {{192}});
  const NodeId seven = m.branch(x, {{c}, wide(c, 7), tall(192, 7)});
  const NodeId sevens = m.branch(x, {{c}, tall(c, 7), wide(c, 7), tall(c, 7), wide(192, 7)});
  return m.join({one, seven, sevens, m.pooled_branch(x, average_window(3, 1, 1), {{192}})});
}

NodeId module_d(Module m, NodeId x) {
  const NodeId three = m.branch(x, {{192}, halving(320)});
  const NodeId seven = m.branch(x, {{192}, wide(192, 7), tall(192, 7), halving(192)});
  return m.join({three, seven, m.pool(x, max_window(3, 2))});
}

NodeId module_e(Module m, NodeId x) {
  const NodeId one = m.branch(x, {{320}});
  const NodeId fork = m.forked_branch(x, {{384}}, 384);
  const NodeId deep_fork = m.forked_branch(x, {{448}, same(384, 3)}, 384);
  return m.join({one, fork, deep_fork, m.pooled_branch(x, average_window(3, 1, 1), {{192}})});
}

}  // namespace

NodeId inception_v3(NetworkBuilder& b) {
  Module whole(b, 0, "");  // what stands outside of the modules
  NodeId x = whole.unit("features.0", b.input(), halving(32));
  x = whole.unit("features.1", x, {32, square(3)});
  x = whole.unit("features.2", x, same(64, 3));
  x = whole.pool(x, max_window(3, 2));
  x = whole.unit("features.4", x, {80});
  x = whole.unit("features.5", x, {192, square(3)});
  x = whole.pool(x, max_window(3, 2));
  x = module_a({b, 7, "A1_"}, x, 32);
  x = module_a({b, 8, "A2_"}, x, 64);
  x = module_a({b, 9, "A3_"}, x, 64);
  x = module_b({b, 10, "B_"}, x);
  x = module_c({b, 11, "C1_"}, x, 128);
  x = module_c({b, 12, "C2_"}, x, 160);
  x = module_c({b, 13, "C3_"}, x, 160);
  x = module_c({b, 14, "C4_"}, x, 192);
  x = module_d({b, 15, "D_"}, x);
  x = module_e({b, 16, "E1_"}, x);
  x = module_e({b, 17, "E2_"}, x);
  const Extent2d left{b.shape(x)[2], b.shape(x)[3]};
  x = b.average_what_is_left(whole.scope().block("pool"), x, left);
  x = b.dropout(whole.scope().block("dropout"), x);
  return b.softmax(b.fully_connected(whole.scope().layer("dense", "output"), x, b.classes()));
}

}  // namespace qbench
