package compat;

/** Prints one line a case, in TAP. */
final class Tap {
  /** What a case does. */
  interface Body {
    void run() throws Exception;
  }

  private int count;
  private int failed;

  void run(String name, Body body) {
    String verdict = "ok";
    String why = "";
    try {
      body.run();
    } catch (Exception | AssertionError error) {
      failed++;
      verdict = "not ok";
      why = " # " + error.toString().replaceAll("\\s+", " ");
    }
    count++;
    System.out.printf("%s %d - %s%s%n", verdict, count, name, why);
  }

  int end() {
    System.out.printf("1..%d%n", count);
    return failed == 0 ? 0 : 1;
  }

  static void equal(Object found, Object wanted) {
    if (!java.util.Objects.equals(found, wanted)) {
      throw new AssertionError(found + " is not " + wanted);
    }
  }

  /** The error of a call that must fail. */
  static <E extends Exception> E refused(Class<E> type, Body body) throws Exception {
    try {
      body.run();
    } catch (Exception error) {
      if (type.isInstance(error)) {
        return type.cast(error);
      }
      throw error;
    }
    throw new AssertionError("the call has not failed");
  }
}
