// Carries the precompiled header of the tests (cmake/Layers.cmake).
