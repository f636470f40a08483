extension MatrixLayer {
  /// Gathers the input of every window into one row (im2col).
  ///
  /// - Parameters:
  ///   - source: Activations, shape `[height, width, channels]`.
  ///   - patches: At least `windows x stride` elements; those past the rows of a window are set to 0.
  ///   - stride: Elements from window to window, at least ``rows``.
  ///   - zero: What padding holds: the activation of zero.
  func gather<Element: Numeric>(
    from source: UnsafeBufferPointer<Element>, into patches: UnsafeMutableBufferPointer<Element>, stride: Int,
    zero: Element
  ) {
    guard var target = patches.baseAddress, let base = source.baseAddress else { return }
    let channels = inputChannels.count
    let readsAll = channels == input.channels
    for y in 0..<output.height {
      for x in 0..<output.width {
        var position = target
        let left = x * window.strideWidth - window.paddingLeft
        for row in 0..<window.height {
          let sourceRow = y * window.strideHeight - window.paddingTop + row
          let width = window.width * channels
          if sourceRow < 0 || sourceRow >= input.height {
            position.update(repeating: zero, count: width)
          } else {
            let before = min(max(0, -left), window.width)
            let after = min(max(0, left + window.width - input.width), window.width - before)
            let inside = window.width - before - after
            position.update(repeating: zero, count: before * channels)
            if inside > 0 {
              let start = base + (sourceRow * input.width + left + before) * input.channels
              let place = position + before * channels
              if readsAll {
                place.update(from: start, count: inside * channels)
              } else {
                for index in 0..<inside {
                  (place + index * channels).update(
                    from: start + index * input.channels + inputChannels.lowerBound, count: channels)
                }
              }
            }
            (position + (before + inside) * channels).update(repeating: zero, count: after * channels)
          }
          position += width
        }
        position.update(repeating: 0, count: stride - rows)
        target += stride
      }
    }
  }
}
