;; The two inner loops of separable resampling over 8-bit RGB, with WebAssembly SIMD. Coefficients are signed 16-bit
;; with 14 fraction bits, so that two taps are one multiply-add (i32x4.dot_i16x8_s) and a row of them sums to exactly
;; 16384. Sums start at one half (8192) and are narrowed with saturation. Both loops read and write up to 15 bytes
;; beyond the end of a row.
(module
  (memory (export "memory") 1)

  ;; Computes one output row from `pairs` * 2 input rows.
  (func (export "verticalRow")
    (param $source i32) (param $stride i32) (param $target i32) (param $bytes i32)
    (param $coefficients i32) (param $pairs i32)
    (local $end i32) (local $row i32) (local $coefficient i32) (local $left i32)
    (local $a v128) (local $b v128) (local $low v128) (local $high v128) (local $factor v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $end (i32.add (local.get $target) (local.get $bytes)))
    (loop $columns
      (local.set $sum0 (v128.const i32x4 8192 8192 8192 8192))
      (local.set $sum1 (local.get $sum0))
      (local.set $sum2 (local.get $sum0))
      (local.set $sum3 (local.get $sum0))
      (local.set $row (local.get $source))
      (local.set $coefficient (local.get $coefficients))
      (local.set $left (local.get $pairs))
      (loop $taps
        (local.set $factor (v128.load32_splat (local.get $coefficient)))
        (local.set $a (v128.load (local.get $row)))
        (local.set $b (v128.load (i32.add (local.get $row) (local.get $stride))))
        ;; Interleaves the bytes of both rows.
        (local.set $low (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b)))
        (local.set $high (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b)))
        (local.set $sum0 (i32x4.add (local.get $sum0)
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $low)) (local.get $factor))))
        (local.set $sum1 (i32x4.add (local.get $sum1)
          (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $low)) (local.get $factor))))
        (local.set $sum2 (i32x4.add (local.get $sum2)
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $high)) (local.get $factor))))
        (local.set $sum3 (i32x4.add (local.get $sum3)
          (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $high)) (local.get $factor))))
        (local.set $row (i32.add (local.get $row) (i32.shl (local.get $stride) (i32.const 1))))
        (local.set $coefficient (i32.add (local.get $coefficient) (i32.const 4)))
        (br_if $taps (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (v128.store (local.get $target)
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $sum0) (i32.const 14)) (i32x4.shr_s (local.get $sum1) (i32.const 14)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $sum2) (i32.const 14)) (i32x4.shr_s (local.get $sum3) (i32.const 14)))))
      (local.set $source (i32.add (local.get $source) (i32.const 16)))
      (br_if $columns
        (i32.lt_u (local.tee $target (i32.add (local.get $target) (i32.const 16))) (local.get $end)))))

  ;; Computes `count` output pixels of one row from `quads` * 4 input pixels each. `starts` holds the byte offset of
  ;; each output pixel's first input pixel (i32).
  (func (export "horizontalRow")
    (param $source i32) (param $target i32) (param $count i32)
    (param $starts i32) (param $coefficients i32) (param $quads i32)
    (local $pixel i32) (local $left i32) (local $v v128) (local $zero v128)
    (local $sum0 v128) (local $sum1 v128)
    (loop $pixels
      (local.set $sum0 (v128.const i32x4 8192 8192 8192 8192))
      (local.set $sum1 (local.get $zero))
      (local.set $pixel (i32.add (local.get $source) (i32.load (local.get $starts))))
      (local.set $left (local.get $quads))
      (loop $taps
        (local.set $v (v128.load (local.get $pixel)))
        ;; R0 R1 G0 G1 B0 B1 as 16-bit lanes, then the same of pixels 2 and 3.
        (local.set $sum0 (i32x4.add (local.get $sum0)
          (i32x4.dot_i16x8_s
            (i8x16.shuffle 0 16 3 16 1 16 4 16 2 16 5 16 16 16 16 16 (local.get $v) (local.get $zero))
            (v128.load32_splat (local.get $coefficients)))))
        (local.set $sum1 (i32x4.add (local.get $sum1)
          (i32x4.dot_i16x8_s
            (i8x16.shuffle 6 16 9 16 7 16 10 16 8 16 11 16 16 16 16 16 (local.get $v) (local.get $zero))
            (v128.load32_splat offset=4 (local.get $coefficients)))))
        (local.set $pixel (i32.add (local.get $pixel) (i32.const 12)))
        (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 8)))
        (br_if $taps (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $sum0 (i16x8.narrow_i32x4_s
        (i32x4.shr_s (i32x4.add (local.get $sum0) (local.get $sum1)) (i32.const 14)) (local.get $zero)))
      ;; Writes 4 bytes. The fourth belongs to the next pixel, which overwrites it.
      (v128.store32_lane 0 (local.get $target) (i8x16.narrow_i16x8_u (local.get $sum0) (local.get $zero)))
      (local.set $target (i32.add (local.get $target) (i32.const 3)))
      (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
      (br_if $pixels (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))
