;; Encodes vectors as int8 codes, and multiplies those with int16 codes of queries.
;;
;; Addresses are in bytes. $length is how many numbers a vector has, a multiple of 32.
(module
  (import "codes" "memory" (memory 1))

  ;; The largest absolute value of float32 numbers.
  (func (export "largest") (param $numbers i32) (param $length i32) (result f32)
    (local $end i32) (local $a v128) (local $b v128)
    (local.set $end
      (i32.add (local.get $numbers) (i32.shl (local.get $length) (i32.const 2))))
    (loop $next
      (local.set $a (f32x4.pmax
        (local.get $a) (f32x4.abs (v128.load (local.get $numbers)))))
      (local.set $b (f32x4.pmax
        (local.get $b) (f32x4.abs (v128.load offset=16 (local.get $numbers)))))
      (local.set $numbers (i32.add (local.get $numbers) (i32.const 32)))
      (br_if $next (i32.lt_u (local.get $numbers) (local.get $end))))
    (local.set $a (f32x4.pmax (local.get $a) (local.get $b)))
    (f32.max
      (f32.max (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
      (f32.max (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))

  ;; Writes the int8 codes of float32 numbers, whose product with $scale is approximately the
  ;; numbers. The result is the sum of the squares of what is missing.
  (func (export "encode")
    (param $numbers i32) (param $length i32) (param $codes i32) (param $scale f32) (result f32)
    (local $end i32) (local $scales v128) (local $missing v128) (local $squares v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $scales (f32x4.splat (local.get $scale)))
    (local.set $end (i32.add (local.get $codes) (local.get $length)))
    (loop $next
      (local.set $a (f32x4.nearest
        (f32x4.div (v128.load (local.get $numbers)) (local.get $scales))))
      (local.set $b (f32x4.nearest
        (f32x4.div (v128.load offset=16 (local.get $numbers)) (local.get $scales))))
      (local.set $c (f32x4.nearest
        (f32x4.div (v128.load offset=32 (local.get $numbers)) (local.get $scales))))
      (local.set $d (f32x4.nearest
        (f32x4.div (v128.load offset=48 (local.get $numbers)) (local.get $scales))))
      (v128.store (local.get $codes) (i8x16.narrow_i16x8_s
        (i16x8.narrow_i32x4_s
          (i32x4.trunc_sat_f32x4_s (local.get $a)) (i32x4.trunc_sat_f32x4_s (local.get $b)))
        (i16x8.narrow_i32x4_s
          (i32x4.trunc_sat_f32x4_s (local.get $c)) (i32x4.trunc_sat_f32x4_s (local.get $d)))))
      (local.set $missing (f32x4.sub
        (v128.load (local.get $numbers)) (f32x4.mul (local.get $a) (local.get $scales))))
      (local.set $squares (f32x4.add
        (local.get $squares) (f32x4.mul (local.get $missing) (local.get $missing))))
      (local.set $missing (f32x4.sub
        (v128.load offset=16 (local.get $numbers)) (f32x4.mul (local.get $b) (local.get $scales))))
      (local.set $squares (f32x4.add
        (local.get $squares) (f32x4.mul (local.get $missing) (local.get $missing))))
      (local.set $missing (f32x4.sub
        (v128.load offset=32 (local.get $numbers)) (f32x4.mul (local.get $c) (local.get $scales))))
      (local.set $squares (f32x4.add
        (local.get $squares) (f32x4.mul (local.get $missing) (local.get $missing))))
      (local.set $missing (f32x4.sub
        (v128.load offset=48 (local.get $numbers)) (f32x4.mul (local.get $d) (local.get $scales))))
      (local.set $squares (f32x4.add
        (local.get $squares) (f32x4.mul (local.get $missing) (local.get $missing))))
      (local.set $numbers (i32.add (local.get $numbers) (i32.const 64)))
      (local.set $codes (i32.add (local.get $codes) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $codes) (local.get $end))))
    (f32.add
      (f32.add
        (f32x4.extract_lane 0 (local.get $squares)) (f32x4.extract_lane 1 (local.get $squares)))
      (f32.add
        (f32x4.extract_lane 2 (local.get $squares)) (f32x4.extract_lane 3 (local.get $squares)))))

  ;; The inner products of a block of 1,024 rows of codes with the codes of a query, as int32. There
  ;; are four sums that do not wait for each other, of eight codes at a time.
  (func (export "multiply")
    (param $rows i32) (param $length i32) (param $query i32) (param $products i32)
    (local $codes i32) (local $end i32) (local $last i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $last (i32.add (local.get $products) (i32.const 4096)))
    (loop $row
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      (local.set $codes (local.get $query))
      (local.set $end (i32.add (local.get $rows) (local.get $length)))
      (loop $next
        (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s
          (v128.load8x8_s (local.get $rows)) (v128.load (local.get $codes)))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=8 (local.get $rows)) (v128.load offset=16 (local.get $codes)))))
        (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=16 (local.get $rows)) (v128.load offset=32 (local.get $codes)))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=24 (local.get $rows)) (v128.load offset=48 (local.get $codes)))))
        (local.set $codes (i32.add (local.get $codes) (i32.const 64)))
        (local.set $rows (i32.add (local.get $rows) (i32.const 32)))
        (br_if $next (i32.lt_u (local.get $rows) (local.get $end))))
      (local.set $a (i32x4.add
        (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d))))
      (i32.store (local.get $products) (i32.add
        (i32.add (i32x4.extract_lane 0 (local.get $a)) (i32x4.extract_lane 1 (local.get $a)))
        (i32.add (i32x4.extract_lane 2 (local.get $a)) (i32x4.extract_lane 3 (local.get $a)))))
      (local.set $products (i32.add (local.get $products) (i32.const 4)))
      (br_if $row (i32.lt_u (local.get $products) (local.get $last)))))

  ;; The same with four queries, whose codes follow each other; so do the products. The codes of a
  ;; row are loaded once for all.
  (func (export "multiplyFour")
    (param $rows i32) (param $length i32) (param $query i32) (param $products i32)
    (local $second i32) (local $third i32) (local $fourth i32)
    (local $codes i32) (local $end i32) (local $last i32)
    (local $low v128) (local $high v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $last (i32.add (local.get $products) (i32.const 4096)))
    ;; The distance of the codes of a query from those of the first one.
    (local.set $second (i32.shl (local.get $length) (i32.const 1)))
    (local.set $third (i32.shl (local.get $length) (i32.const 2)))
    (local.set $fourth (i32.add (local.get $second) (local.get $third)))
    (loop $row
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      (local.set $end (i32.add (local.get $rows) (local.get $length)))
      (loop $next
        (local.set $low (v128.load8x8_s (local.get $rows)))
        (local.set $high (v128.load8x8_s offset=8 (local.get $rows)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.add
          (i32x4.dot_i16x8_s (local.get $low) (v128.load (local.get $query)))
          (i32x4.dot_i16x8_s (local.get $high) (v128.load offset=16 (local.get $query))))))
        (local.set $codes (i32.add (local.get $query) (local.get $second)))
        (local.set $b (i32x4.add (local.get $b) (i32x4.add
          (i32x4.dot_i16x8_s (local.get $low) (v128.load (local.get $codes)))
          (i32x4.dot_i16x8_s (local.get $high) (v128.load offset=16 (local.get $codes))))))
        (local.set $codes (i32.add (local.get $query) (local.get $third)))
        (local.set $c (i32x4.add (local.get $c) (i32x4.add
          (i32x4.dot_i16x8_s (local.get $low) (v128.load (local.get $codes)))
          (i32x4.dot_i16x8_s (local.get $high) (v128.load offset=16 (local.get $codes))))))
        (local.set $codes (i32.add (local.get $query) (local.get $fourth)))
        (local.set $d (i32x4.add (local.get $d) (i32x4.add
          (i32x4.dot_i16x8_s (local.get $low) (v128.load (local.get $codes)))
          (i32x4.dot_i16x8_s (local.get $high) (v128.load offset=16 (local.get $codes))))))
        (local.set $query (i32.add (local.get $query) (i32.const 32)))
        (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $rows) (local.get $end))))
      (local.set $query (i32.sub (local.get $query) (local.get $second)))
      (i32.store (local.get $products) (i32.add
        (i32.add (i32x4.extract_lane 0 (local.get $a)) (i32x4.extract_lane 1 (local.get $a)))
        (i32.add (i32x4.extract_lane 2 (local.get $a)) (i32x4.extract_lane 3 (local.get $a)))))
      (i32.store offset=4096 (local.get $products) (i32.add
        (i32.add (i32x4.extract_lane 0 (local.get $b)) (i32x4.extract_lane 1 (local.get $b)))
        (i32.add (i32x4.extract_lane 2 (local.get $b)) (i32x4.extract_lane 3 (local.get $b)))))
      (i32.store offset=8192 (local.get $products) (i32.add
        (i32.add (i32x4.extract_lane 0 (local.get $c)) (i32x4.extract_lane 1 (local.get $c)))
        (i32.add (i32x4.extract_lane 2 (local.get $c)) (i32x4.extract_lane 3 (local.get $c)))))
      (i32.store offset=12288 (local.get $products) (i32.add
        (i32.add (i32x4.extract_lane 0 (local.get $d)) (i32x4.extract_lane 1 (local.get $d)))
        (i32.add (i32x4.extract_lane 2 (local.get $d)) (i32x4.extract_lane 3 (local.get $d)))))
      (local.set $products (i32.add (local.get $products) (i32.const 4)))
      (br_if $row (i32.lt_u (local.get $products) (local.get $last)))))

  ;; Replaces the products of a block with a query by float32 scores: product × scale of the row ×
  ;; scale of the query. Writes which rows may have a score of $minScore or more, if the error of the
  ;; row and $error are added; the result is how many. A scale that is NaN means that there is no
  ;; row.
  (func (export "select")
    (param $products i32) (param $scales i32) (param $errors i32)
    (param $scale f32) (param $error f32) (param $minScore f32) (param $found i32) (result i32)
    (local $row i32) (local $start i32) (local $mask i32) (local $scores v128)
    (local.set $start (local.get $found))
    (loop $next
      (local.set $scores (f32x4.mul
        (f32x4.mul
          (f32x4.convert_i32x4_s (v128.load (local.get $products)))
          (v128.load (local.get $scales)))
        (f32x4.splat (local.get $scale))))
      (v128.store (local.get $products) (local.get $scores))
      (local.set $mask (i32x4.bitmask (f32x4.ge
        (f32x4.add
          (local.get $scores)
          (f32x4.add (v128.load (local.get $errors)) (f32x4.splat (local.get $error))))
        (f32x4.splat (local.get $minScore)))))
      (if (local.get $mask) (then
        (loop $lane
          (i32.store (local.get $found)
            (i32.add (local.get $row) (i32.ctz (local.get $mask))))
          (local.set $found (i32.add (local.get $found) (i32.const 4)))
          (local.set $mask
            (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
          (br_if $lane (local.get $mask)))))
      (local.set $products (i32.add (local.get $products) (i32.const 16)))
      (local.set $scales (i32.add (local.get $scales) (i32.const 16)))
      (local.set $errors (i32.add (local.get $errors) (i32.const 16)))
      (local.set $row (i32.add (local.get $row) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $row) (i32.const 1024))))
    (i32.shr_u (i32.sub (local.get $found) (local.get $start)) (i32.const 2)))
)
