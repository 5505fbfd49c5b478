// Image files on disk as a data set: a folder with one subfolder per class, or a .lst file.
#pragma once

#include <memory>
#include <string>

#include "datasets/class_map.h"
#include "datasets/dataset.h"

namespace qbench {

// A folder: its subfolders that hold images, at any depth, are the classes 0, 1, ...: sorted as
// numbers when all names are numbers, else by name; or as `options.classes` says. The images of
// each come in the order of their names. What is hidden (begins with a dot) is no class and no
// image. A folder without such subfolders must hold exactly one .lst file. A .lst file: its entries
// in order, paths relative to its folder.
// Throws Error when there are no images, a listed file is missing, a subfolder is none of the given
// classes, or subfolders are data sets of their own.
std::unique_ptr<Dataset> open_image_folder(const std::string& path,
                                           const OpenOptions& options = {});

}  // namespace qbench
