import Device
import Foundation
import Testing

@Suite struct VectorFieldFileTests {
  private static func file() -> VectorFieldFile {
    let mesh = Mesh(nx: 3, ny: 2, width: 2e-9, depth: 1e-9, slabs: [0...1e-9, 1e-9...2e-9, 2e-9...7e-9])
    let m = (0..<18).map { SIMD3(Double($0), 0.5, -1 / Double($0 + 1)) }
    return VectorFieldFile(title: "magnetisation: film", magnetization: m, mesh: mesh, layers: 0..<2)
  }

  @Test func whatIsWrittenIsRead() throws {
    let file = Self.file()
    let read = try VectorFieldFile(file.data)
    #expect(read == file)
    #expect(read.values.count == 12 && read.values[7] == SIMD3(7, 0.5, -1.0 / 8))
  }

  /// The header as the format's guide has it.
  @Test func headersFollowTheFormat() throws {
    let text = String(decoding: Self.file().data.prefix(700), as: UTF8.self)
    for line in [
      "# OOMMF OVF 2.0\n", "# Segment count: 1\n", "# meshtype: rectangular\n", "# meshunit: m\n",
      "# valuedim: 3\n", "# xnodes: 3\n", "# ynodes: 2\n", "# znodes: 2\n", "# xstepsize: 2e-09\n",
      "# ybase: -5e-10\n", "# zbase: 5e-10\n", "# Begin: Data Binary 8\n",
    ] {
      #expect(text.contains(line), "\(line)")
    }
  }

  /// Cut or changed files are refused, without a crash.
  @Test func damagedFilesAreRefused() throws {
    let data = Self.file().data
    for length in stride(from: 0, to: data.count - 40, by: 7) {
      #expect(throws: VectorFieldFile.FormatError.self) { try VectorFieldFile(data.prefix(length)) }
    }
    let text = String(decoding: data.prefix(600), as: UTF8.self)
    for (old, new) in [
      ("OVF 2.0", "OVF 1.0"), ("valuedim: 3", "valuedim: 1"), ("xnodes: 3", "xnodes: 99999999"),
      ("xnodes: 3", "xnodes: -3"), ("xstepsize: 2e-09", "xstepsize: wide"),
    ] {
      let changed = Data(text.replacingOccurrences(of: old, with: new).utf8) + data.dropFirst(600)
      #expect(throws: VectorFieldFile.FormatError.self) { try VectorFieldFile(changed) }
    }
  }
}
