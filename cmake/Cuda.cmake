# CUDA 12 or 13 and cuDNN 9, where QBENCH_WITH_CUDA asks for them. Sets QBENCH_HAS_CUDA and, where
# that is on, enables the language and makes the library qbench_cudnn_library.

# The toolkit's compiler, also where it is not in the PATH.
function(qbench_find_cuda_compiler)
  if(NOT DEFINED CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(QBENCH_NVCC nvcc PATHS /usr/local/cuda/bin)
    mark_as_advanced(QBENCH_NVCC)
    if(QBENCH_NVCC)
      set(CMAKE_CUDA_COMPILER ${QBENCH_NVCC} CACHE FILEPATH "The CUDA compiler")
    endif()
  endif()
  include(CheckLanguage)
  check_language(CUDA)
endfunction()

# Where it is installed beside CUDA, or as a Python package (which has no libcudnn.so, only .so.9).
function(qbench_find_cudnn)
  set(packages)
  find_program(QBENCH_PYTHON python3)
  mark_as_advanced(QBENCH_PYTHON)
  if(QBENCH_PYTHON AND NOT CUDNN_LIBRARY)
    execute_process(COMMAND ${QBENCH_PYTHON} -c
      "import nvidia.cudnn; print(';'.join(nvidia.cudnn.__path__))"
      OUTPUT_VARIABLE packages OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  find_path(CUDNN_INCLUDE_DIR cudnn_graph.h HINTS ${CUDAToolkit_INCLUDE_DIRS} ${packages}
    PATH_SUFFIXES include)
  # Of each folder both names before the next folder, so that it goes with the header.
  find_library(CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 NAMES_PER_DIR HINTS
    ${CUDAToolkit_LIBRARY_DIR} ${CUDAToolkit_LIBRARY_ROOT} ${packages} PATH_SUFFIXES lib lib64)
  if(CUDNN_INCLUDE_DIR AND EXISTS ${CUDNN_INCLUDE_DIR}/cudnn_version.h)
    file(STRINGS ${CUDNN_INCLUDE_DIR}/cudnn_version.h lines REGEX "^#define CUDNN_(MAJOR|MINOR) ")
    list(TRANSFORM lines REPLACE "[^0-9]" "")
    list(JOIN lines "." version)
  endif()
  set(CUDNN_VERSION "${version}" PARENT_SCOPE)
endfunction()

set(QBENCH_HAS_CUDA OFF)
set(why "not wanted")
if(QBENCH_WITH_CUDA)
  qbench_find_cuda_compiler()
  find_package(CUDAToolkit QUIET)
  if(NOT CMAKE_CUDA_COMPILER OR NOT CUDAToolkit_FOUND)
    set(why "no CUDA toolkit found")
  elseif(CUDAToolkit_VERSION VERSION_LESS 12)
    set(why "CUDA ${CUDAToolkit_VERSION} found, 12 or later needed")
  else()
    qbench_find_cudnn()
    if(NOT CUDNN_LIBRARY OR NOT CUDNN_VERSION)
      set(why "CUDA ${CUDAToolkit_VERSION} found, no cuDNN")
    elseif(NOT CUDNN_VERSION MATCHES "^9\\.")
      set(why "cuDNN ${CUDNN_VERSION} found, 9 needed")
    else()
      set(QBENCH_HAS_CUDA ON)
      set(why "CUDA ${CUDAToolkit_VERSION}, cuDNN ${CUDNN_VERSION} (${CUDNN_LIBRARY})")
    endif()
  endif()
endif()
message(STATUS "cuDNN backend: ${QBENCH_HAS_CUDA}, ${why}")
if(QBENCH_WITH_CUDA STREQUAL "ON" AND NOT QBENCH_HAS_CUDA)
  message(FATAL_ERROR "QBENCH_WITH_CUDA is ON, but: ${why}")
endif()

if(QBENCH_HAS_CUDA)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)  # A100, H100; later ones compile it when they load it
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
  endif()
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc has it
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)  # the installed program finds cuDNN where this one does
  add_library(qbench_cudnn_library INTERFACE)
  target_include_directories(qbench_cudnn_library SYSTEM INTERFACE
    ${CUDNN_INCLUDE_DIR} ${CUDAToolkit_INCLUDE_DIRS})
  target_link_libraries(qbench_cudnn_library INTERFACE ${CUDNN_LIBRARY} CUDA::cudart_static
    ${CMAKE_DL_LIBS})
endif()
