// print_graph and parse_graph are inverse; errors name line and column; the hash sees everything.
#include "engine/graph/text.h"

#include <gmock/gmock.h>

#include <set>

#include "engine/core/error.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

// Every operator, every attribute off its default, in canonical form.
constexpr std::string_view kEveryOp =
    R"(data = Input(shape=[2,4,9,9]) : f32[2,4,9,9]
w = Constant() : f32[2,2,1,2] values=[0.5,-1.5,1e-10,3,4,5,6,7.25]
b = Constant() : f32[2] values=[-0.25,inf]
r = Constant() : f32[2,2,6,5] hash=R_HASH
conv = Convolution(data, w, b, r; stride=[2,3], dilation=[1,2], padding=[0,1,2,6], groups=2, has_bias=true, has_residual=true, activation=clip(0.5,6)) : f32[2,2,6,5]
fw = Constant() : f32[3,60] hash=FW_HASH
fb = Constant() : f32[3] values=[1,2,3]
fc = FullyConnected(conv, fw, fb; has_bias=true, activation=leaky(0.1)) : f32[2,3]
bn = BatchNorm(conv, b, b, b, b; epsilon=2e-05, fix_gamma=true) : f32[2,2,6,5]
act = Activation(bn; spec=sigmoid) : f32[2,2,6,5]
prelu = PRelu(act, b) : f32[2,2,6,5]
window = Pool(prelu; kind=average, kernel=[3,2], stride=[2,1], padding=[1,1,0,0], ceil_mode=true, count_include_pad=false) : f32[2,2,3,5]
global = Pool(window; global=true) : f32[2,2,1,1]
flat = Flatten(window) : f32[2,30]
shape = Reshape(flat; dims=[0,-1,5]) : f32[2,6,5]
turned = Transpose(shape; permutation=[0,2,1]) : f32[2,5,6]
joined = Concat(turned, turned; axis=2) : f32[2,5,12]
sum = Add(joined, joined; activation=tanh) : f32[2,5,12]
product = Multiply(sum, sum) : f32[2,5,12]
soft = Softmax(product; axis=2) : f32[2,5,12]
drop = Dropout(soft) : f32[2,5,12]
same = Identity(drop) : f32[2,5,12]
l2 = L2Normalize(conv; mode=spatial, epsilon=0.5) : f32[2,2,6,5]
lrn = Lrn(l2; size=3, alpha=0.25, beta=0.5, bias=1) : f32[2,2,6,5]
padded = Pad(lrn; padding=[1,2,3,4], value=-1) : f32[2,2,10,11]
point = Constant() : f32[1,1,1,1] values=[1]
prior = MultiBoxPrior(point; sizes=[0.5,0.25], ratios=[1,2], step_y=0.25, step_x=0.125, offset_y=0.75, offset_x=0.25, clip=true) : f32[1,3,4]
scores = Constant() : f32[1,2,3] values=[1,2,3,4,5,6]
offsets = Constant() : f32[1,12] values=[1,2,3,4,5,6,7,8,9,10,11,12]
found = MultiBoxDetection(scores, offsets, prior; clip=false, threshold=0.5, nms_threshold=0.25, force_suppress=true, top_k=9, variances=[1,2,3,4]) : f32[1,3,6]
q = Quantize(padded) : u8[2,2,10,11] scales=[0.02]
d = Quantize(padded) : s8[2,2,10,11] dynamic
qw = Constant() : s8[2,2,1,1] scales=[0.1,0.2] axis=0 values=[1,-128,127,4]
qconv = Convolution(q, qw; activation=relu) : s8[2,2,10,11] scales=[0.25]
real = Dequantize(qconv) : f32[2,2,10,11]
"odd name: \"x\"\\y" = Identity(real) : f32[2,2,10,11]
"return" = Identity("odd name: \"x\"\\y") : f32[2,2,10,11]
return fc, global, same, "return", d
)";

// The same with values that can be read for the constants that are only printed as hashes.
Graph every_op() {
  std::string text(kEveryOp);
  text.replace(text.find("hash=R_HASH"), 11, "values=random(1)");
  text.replace(text.find("hash=FW_HASH"), 12, "values=full(2)");
  return parse_graph(text);
}

// Constants above 16 elements print as a hash: written out here so that the text can be read back.
std::string readable(const Graph& graph) {
  std::string text = print_graph(graph);
  const auto replace = [&](const std::string& node, const std::string& values) {
    const std::size_t line = text.find("\n" + node + " = ");
    const std::size_t hash = text.find("hash=", line);
    text.replace(hash, 13, values);
  };
  replace("r", "values=random(1)");
  replace("fw", "values=full(2)");
  return text;
}

TEST(Text, ListsEveryOperatorWithEveryAttributeOffItsDefault) {
  const Graph graph = every_op();
  const std::string text = print_graph(graph);
  std::set<std::size_t> seen;
  std::string names;
  for (const Node& node : graph.nodes()) {
    seen.insert(node.op.index());
    Op op = node.op;
    std::visit(
        [&](auto& typed) {
          typed.visit([&](std::string_view name, const auto&) {
            EXPECT_THAT(text, HasSubstr(std::string(name) + "=")) << op_name(op);
          });
        },
        op);
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<Op>) << "add the new operator to kEveryOp";
}

TEST(Text, PrintedTextReadsBackAsTheSameGraph) {
  const Graph graph = every_op();
  const Graph again = parse_graph(readable(graph));
  EXPECT_EQ(print_graph(again), print_graph(graph));
  EXPECT_EQ(hash_graph(again), hash_graph(graph));
  ASSERT_EQ(again.size(), graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) {
    EXPECT_EQ(again[id].name, graph[id].name);
    EXPECT_EQ(again[id].inputs, graph[id].inputs);
    EXPECT_EQ(again[id].type, graph[id].type);
  }
}

TEST(Text, PrintsTheCanonicalForm) {
  std::string text = print_graph(every_op());
  for (const std::string name : {"\nr = ", "\nfw = "}) {
    const std::size_t hash = text.find("hash=", text.find(name));
    text.replace(hash + 5, 8, name == "\nr = " ? "R_HASH" : "FW_HASH");
  }
  EXPECT_EQ(text, kEveryOp);
}

TEST(Text, AttributesAtTheirDefaultAndInferredTypesAreLeftOut) {
  const Graph graph = parse_graph(R"(
    # a comment
    x = Input(shape=[1,2,4,4])
    w = Constant() : f32[1,2,1,1] values=[1,2]   # another
    c = Convolution(x, w; stride=[1,1], groups=1)

    return c)");
  EXPECT_EQ(print_graph(graph),
            "x = Input(shape=[1,2,4,4]) : f32[1,2,4,4]\n"
            "w = Constant() : f32[1,2,1,1] values=[1,2]\n"
            "c = Convolution(x, w) : f32[1,1,4,4]\n"
            "return c\n");
}

TEST(Text, ConstantsOfEveryType) {
  const std::string text =
      "a = Constant() : f32[2] values=[0.1,-inf]\n"
      "b = Constant() : f64[1] values=[0.30000000000000004]\n"
      "c = Constant() : s8[2] values=[-128,127]\n"
      "d = Constant() : u8[2] values=[0,255]\n"
      "e = Constant() : s32[2] values=[-2147483648,2147483647]\n"
      "f = Constant() : s64[1] values=[-9223372036854775808]\n"
      "g = Constant() : f32[] values=[3]\n"
      "return\n";
  EXPECT_EQ(print_graph(parse_graph(text)), text);
}

TEST(Text, GeneratedConstantsStayInTheirRange) {
  const Graph graph = parse_graph(R"(
    a = Constant() : f32[1000] values=random(3)
    b = Constant() : f32[1000] values=random(3,0.5,2)
    c = Constant() : s8[5000] values=random(3)
    d = Constant() : u8[5000] values=random(4)
    e = Constant() : f32[3] values=full(0.25)
    again = Constant() : f32[1000] values=random(3)
    return a, b, c, d, e, again)");
  const auto limits = [&]<class T>(NodeId id, T) {
    const auto [low, high] = std::ranges::minmax(graph.value(id).data<T>());
    return std::pair<T, T>(low, high);
  };
  EXPECT_LT(limits(0, 0.0F).first, -0.9F);
  EXPECT_GE(limits(0, 0.0F).first, -1.0F);
  EXPECT_GT(limits(0, 0.0F).second, 0.9F);
  EXPECT_LE(limits(0, 0.0F).second, 1.0F);
  EXPECT_GE(limits(1, 0.0F).first, 0.5F);
  EXPECT_LE(limits(1, 0.0F).second, 2.0F);
  EXPECT_EQ(limits(2, std::int8_t{}), (std::pair<std::int8_t, std::int8_t>(-127, 127)));
  EXPECT_EQ(limits(3, std::uint8_t{}), (std::pair<std::uint8_t, std::uint8_t>(0, 255)));
  EXPECT_THAT(graph.value(4).data<float>(), ::testing::Each(0.25F));
  EXPECT_TRUE(identical(graph.value(0), graph.value(5)));
}

struct BadText {
  std::string_view text;
  std::string_view place;
  std::string_view message;
};

TEST(Text, BadTextIsRefusedWithLineAndColumn) {
  const BadText cases[] = {
      {"", "line 1, column 1", "without 'return'"},
      {"x = Input(shape=[1])\n", "line 2, column 1", "without 'return'"},
      {"return y", "line 1, column 8", "no node 'y'"},
      {"return\nx", "line 2, column 1", "text after"},
      {"return ,", "line 1, column 8", "expected a name"},
      {"x = Input(shape=[1]) : f32[1] junk\nreturn", "line 1, column 31", "more text"},
      {"x = Input(shape=[1]) : f32[2]\nreturn x", "line 1, column 24", "the type is f32[1]"},
      {"x = Input(shape=[1]) : f31[1]\nreturn x", "line 1, column 24", "no element type"},
      {"x = Input(shape=[a])\nreturn x", "line 1, column 18", "expected an integer"},
      {"x = Input(shape=[1)\nreturn x", "line 1, column 19", "expected ']'"},
      {"x = Input(shape=[1]\nreturn x", "line 1, column 20", "the end of the line, expected ')'"},
      {"x = Input(size=[1])\nreturn x", "line 1, column 11", "no attribute of Input"},
      {"x = Inptu(shape=[1])\nreturn x", "line 1, column 5", "no operator"},
      {"x Input(shape=[1])\nreturn x", "line 1, column 3", "expected '='"},
      {"x = Input(shape=[1])\nx = Identity(x)\nreturn x", "line 2, column 1", "taken"},
      {"x = Input(shape=[1])\ny = Softmax(x)\nreturn y", "line 2, column 1", "axis 1"},
      {"x = Input(shape=[1])\ny = Activation(x; spec=rleu)\nreturn y", "line 2, column 24", "relu"},
      {"x = Input(shape=[1])\ny = Add(x, z)\nreturn y", "line 2, column 12", "no node 'z'"},
      {"x = Input(shape=[99999999999999999999])\nreturn x", "line 1, column 18", "an integer"},
      {"x = Input(shape=[9999999999,99999])\nreturn x", "line 1, column 1", "2^40"},
      {"\"x = Input(shape=[1])\nreturn x", "line 1, column 1", "does not end"},
      {"c = Constant()\nreturn c", "line 1, column 15", "needs a type"},
      {"c = Constant() : f32[1]\nreturn c", "line 1, column 24", "values="},
      {"c = Constant() : f32[20] hash=00000000\nreturn c", "line 1, column 26", "a hash"},
      {"c = Constant() : f32[2] values=[1]\nreturn c", "line 1, column 32",
       "1 values for shape [2]"},
      {"c = Constant() : s8[1] values=[128]\nreturn c", "line 1, column 32", "type s8"},
      {"c = Constant() : f16[1] values=[1]\nreturn c", "line 1, column 32", "f16"},
      {"c = Constant() : f32[1000000,1000000] values=full(0)\nreturn c", "line 1, column 46",
       "too large"},
      {"c = Constant() : f32[1] values=ones(1)\nreturn c", "line 1, column 32", "'ones'"},
      {"x = Input(shape=[1])\nq = Quantize(x)\nreturn q", "line 2, column 1", "no scale"},
      {"x = Input(shape=[1])\nq = Quantize(x) : s8[1] scales=[0]\nreturn q", "line 2, column 1",
       "scale 0"},
  };
  for (const BadText& bad : cases) {
    try {
      parse_graph(bad.text);
      ADD_FAILURE() << "accepted: " << bad.text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::StartsWith(std::string(bad.place))) << bad.text;
      EXPECT_THAT(error.what(), HasSubstr(std::string(bad.message))) << bad.text;
    }
  }
}

TEST(Text, EveryTruncationAndEveryDeletionIsReadOrRefused) {
  std::string text(kEveryOp);
  text.replace(text.find("hash=R_HASH"), 11, "values=random(1)");
  text.replace(text.find("hash=FW_HASH"), 12, "values=full(2)");
  std::size_t refused = 0;
  const auto try_text = [&](const std::string& broken) {
    try {
      parse_graph(broken);
    } catch (const Error&) {
      ++refused;
    }
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    try_text(text.substr(0, i));
    try_text(text.substr(0, i) + text.substr(i + 1));
  }
  EXPECT_GT(refused, text.size());
}

TEST(HashGraph, SeesNamesAttributesInputsTypesValuesAndOutputs) {
  const std::string text =
      "x = Input(shape=[1,4])\n"
      "w = Constant() : f32[5,4] values=random(1)\n"
      "f = FullyConnected(x, w)\n"
      "s = Softmax(f)\n"
      "return s\n";
  const std::string hash = hash_graph(parse_graph(text));
  EXPECT_EQ(hash.size(), 32U);
  EXPECT_EQ(hash, hash_graph(parse_graph(text)));
  const std::pair<std::string, std::string> changes[] = {
      {"random(1)", "random(2)"},           {"s = ", "t = "},
      {"Softmax(f)", "Softmax(f; axis=0)"}, {"Softmax(f)", "Softmax(x)"},
      {"shape=[1,4]", "shape=[2,4]"},       {"return s", "return f"},
      {"return s", "return s, s"},
  };
  for (const auto& [from, to] : changes) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    if (from == "s = ") changed.replace(changed.find("return s"), 8, "return t");
    EXPECT_NE(hash_graph(parse_graph(changed)), hash) << to;
  }
}

}  // namespace
}  // namespace qbench
