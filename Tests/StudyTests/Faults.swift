import Study

/// The error of a throwing body as a ``StudyError``; nil if it returned or threw something else.
func studyError(_ body: () async throws -> Void) async -> StudyError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? StudyError
  }
}
