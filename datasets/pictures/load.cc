#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "datasets/pictures/pictures.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "lib/qbench/libqbench_pictures.so";
constexpr int kFoldersAbove = 4;  // 1 to lib/ from bin/, more from the folders of a build

// Empty when there is none.
fs::path module_file() {
  std::error_code failure;
  fs::path folder = fs::read_symlink("/proc/self/exe", failure).parent_path();
  for (int i = 0; i <= kFoldersAbove && folder.is_absolute(); ++i, folder = folder.parent_path()) {
    if (fs::exists(folder / kModule, failure)) return folder / kModule;
  }
  return {};
}

[[noreturn]] void fail(const std::string& reason) {
  throw Error(fmt::format("OpenCV, which this kind of picture needs, cannot be used: {}; install "
                          "Debian's libopencv-imgcodecs406 and qbench's {}, or convert the picture "
                          "to an upright RGB JPEG or PNG",
                          reason, kModule),
              ErrorKind::environment);
}

const Pictures* load() {
  const fs::path file = module_file();
  if (file.empty()) fail(fmt::format("there is no {} beside or above the program", kModule));
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // for the rest of the process
  if (module == nullptr) fail(dlerror());
  void* entry = dlsym(module, "qbench_pictures_module");
  if (entry == nullptr) fail(dlerror());
  return reinterpret_cast<decltype(&qbench_pictures_module)>(entry)();
}

}  // namespace

std::string pictures_module() { return module_file().string(); }

const Pictures& pictures() {
  static const Pictures* const loaded = load();  // tried again when it failed
  return *loaded;
}

}  // namespace qbench
