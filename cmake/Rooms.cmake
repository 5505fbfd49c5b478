# A room is one folder and one static library. What it may include is what it links: the include
# root is the repository, so scripts/check_includes.py holds the include lines to the same table.

add_library(qbench_flags INTERFACE)
target_include_directories(qbench_flags INTERFACE ${PROJECT_SOURCE_DIR})
# FMA contraction would make rounding depend on the compiler.
target_compile_options(qbench_flags INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Wnon-virtual-dtor;-Woverloaded-virtual;-Werror;-ffp-contract=off>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings;-fmad=false;-Xcompiler=-Wall,-Wextra,-Wconversion,-Wshadow,-Werror,-ffp-contract=off>")

# qbench_room(NAME [PUBLIC lib...] [PRIVATE lib...]): library qbench_NAME from this folder's .cc (and .cu) files.
function(qbench_room name)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc *.cu)
  if(NOT sources)  # headers only
    add_library(qbench_${name} INTERFACE)
    target_link_libraries(qbench_${name} INTERFACE qbench_flags fmt::fmt ${ARG_PUBLIC})
    return()
  endif()
  add_library(qbench_${name} STATIC ${sources})
  target_link_libraries(qbench_${name} PUBLIC qbench_flags fmt::fmt ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# qbench_tests(NAME lib...): one test program from this folder's *_test.cc files, each test a ctest.
function(qbench_tests name)
  file(GLOB sources CONFIGURE_DEPENDS *_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_link_libraries(${name}_test PRIVATE ${ARGN} GTest::gmock_main)
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300)
endfunction()
