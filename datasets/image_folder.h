// Image files on disk as a data set: a folder with one subfolder per class, or a .lst file.
#pragma once

#include <memory>
#include <string>

#include "datasets/dataset.h"

namespace qbench {

// A folder: its subfolders, sorted by name, are the classes 0, 1, ...; the images of each (at
// any depth) come in the order of their names. A folder without subfolders must
// hold exactly one .lst file. A .lst file: its entries in order, paths relative to its folder.
// Throws Error when there are no images, or a listed file is missing.
std::unique_ptr<Dataset> open_image_folder(const std::string& path);

}  // namespace qbench
