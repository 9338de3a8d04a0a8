# What cmake --install puts where: both programs, and nothing of the tests and examples.
include(GNUInstallDirs)
install(TARGETS edgelaned edgelane RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
