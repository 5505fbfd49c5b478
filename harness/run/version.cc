#include "harness/run/version.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <revision.inc>  // written at build time
#include <span>
#include <vector>

#include "datasets/pictures/pictures.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/core/isa.h"

namespace qbench {
namespace {

// The build id among the notes of one segment; empty when it is not there.
std::string build_id_in(std::span<const std::byte> notes, std::size_t alignment) {
  const auto padded = [alignment](std::size_t size) {
    return (size + alignment - 1) / alignment * alignment;
  };
  ElfW(Nhdr) note{};
  while (notes.size() >= sizeof note) {
    std::memcpy(&note, notes.data(), sizeof note);
    const std::size_t name_at = sizeof note;
    const std::size_t at = padded(name_at + note.n_namesz);
    const std::size_t end = at + note.n_descsz;
    if (end > notes.size()) break;
    const bool is_gnu = note.n_namesz == sizeof ELF_NOTE_GNU &&
                        std::memcmp(&notes[name_at], ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0;
    if (is_gnu && note.n_type == NT_GNU_BUILD_ID) {
      std::string text;
      for (const std::byte byte : notes.subspan(at, note.n_descsz))
        text += fmt::format("{:02x}", static_cast<unsigned>(byte));
      return text;
    }
    notes = notes.subspan(std::min(padded(end), notes.size()));
  }
  return {};
}

std::string build_id_of(const dl_phdr_info& object) {
  for (const ElfW(Phdr) & segment : std::span(object.dlpi_phdr, object.dlpi_phnum)) {
    if (segment.p_type != PT_NOTE) continue;
    // An address as the loader gives it. NOLINTNEXTLINE(performance-no-int-to-ptr)
    const auto* notes = reinterpret_cast<const std::byte*>(object.dlpi_addr + segment.p_vaddr);
    const std::size_t alignment = segment.p_align == 8 ? 8 : 4;
    std::string found = build_id_in({notes, segment.p_memsz}, alignment);
    if (!found.empty()) return found;
  }
  return {};
}

struct Linked {
  std::string program;                 // may be empty
  std::vector<std::string> libraries;  // each with its build id, in the order of their names
};

Linked look_at_linked() {
  std::vector<std::pair<std::string, std::string>> objects;  // the program first
  const auto add = [](dl_phdr_info* object, std::size_t, void* list) {
    static_cast<decltype(objects)*>(list)->emplace_back(object->dlpi_name, build_id_of(*object));
    return 0;
  };
  dl_iterate_phdr(add, &objects);
  Linked linked;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::string name = objects[i].first.substr(objects[i].first.rfind('/') + 1);
    if (i == 0) {
      linked.program = objects[i].second;
    } else if (!name.starts_with("linux-vdso")) {  // the kernel's, not the program's
      linked.libraries.push_back(name + " " + objects[i].second);
    }
  }
  std::ranges::sort(linked.libraries);
  return linked;
}

// Before main, when nothing is there yet that only some runs of the program load.
const Linked kLinked = look_at_linked();

std::string hash_or_nothing(const std::string& file) {
  try {
    return file.empty() ? file : hash_file(file);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::string_view version() { return QBENCH_VERSION; }

std::string_view revision() { return QBENCH_REVISION; }

std::string_view build_type() { return QBENCH_BUILD_TYPE; }

std::string version_text() {
  std::string text(version());
  if (!revision().empty()) text += " (" + std::string(revision()) + ")";
  return text;
}

const std::string& build_id() {
  static const std::string id =
      kLinked.program.empty() ? hash_or_nothing("/proc/self/exe") : kLinked.program;
  return id;
}

const std::string& libraries_id() {
  static const std::string id = [] {
    Hasher hasher;
    for (const std::string& library : kLinked.libraries) hasher.add(library);
    constexpr std::size_t kDigits = 16;
    return hasher.add(hash_or_nothing(pictures_module())).hex().substr(0, kDigits);
  }();
  return id;
}

std::string program_text() {
  return fmt::format("{}, build {}, libraries {}, {}", version_text(), build_id(), libraries_id(),
                     to_string(isa()));
}

}  // namespace qbench
