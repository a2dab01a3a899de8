// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Identity of a model: `keccak256(abi.encode(spec))`.
type ModelId is bytes32;

using {modelIdEquals as ==} for ModelId global;

function modelIdEquals(ModelId a, ModelId b) pure returns (bool) {
    return ModelId.unwrap(a) == ModelId.unwrap(b);
}

enum ModelStatus {
    None, //    never registered
    Active, //  may be requested
    Retired, // no new requests; running jobs are not touched
    Condemned // its plan was proven malformed: no new requests, for ever, and no bond
}

/// @notice How an output element is judged.
enum OutputKind {
    None,
    Continuous, // within `absTol + relTol · |canonical|`
    Index, //     an index judged by margin: what it points at is within tolerance of what the canonical one points at
    Integer //    within `absTol`, an integer here; `relTol` is not used
}

/// @notice One graph input. `lo` and `hi` are float32 bit patterns that bound every element.
struct InputSpec {
    uint64 length;
    uint32 lo;
    uint32 hi;
}

/// @notice One graph output. `absTol` and `relTol` are float32 bit patterns.
struct OutputSpec {
    uint64 start;
    uint64 length;
    uint32 absTol;
    uint32 relTol;
    OutputKind kind;
}

/// @notice Everything that makes an answer right or wrong. Hashed into the `ModelId`; published in the event.
struct ModelSpec {
    /// arithmetic of the judge; 1 is exactly rounded float32
    uint32 semanticsVersion;
    /// Merkle root of the plan's instructions; zero marks a model that cannot be put on trial
    bytes32 planRoot;
    uint32 planLength;
    bytes32 weightsRoot;
    uint64 traceLength;
    InputSpec[] inputs;
    OutputSpec[] outputs;
    /// digest of the ONNX file, and so its content id: CIDv1(raw, sha2-256)
    bytes32 onnxSha256;
    address publisher;
    /// the publisher's part of every fee, in 1/10,000; capped
    uint16 publisherFeeBps;
}

/// @notice The slot that a model occupies: 8 + 8 + 16 + 32 + 32 + 160 = 256 bits.
struct ModelRecord {
    ModelStatus status;
    /// true when `planRoot` is set: an answer can be decided by the chain itself
    bool triable;
    uint16 publisherFeeBps;
    /// elements of the whole input vector, gaps between aligned inputs included
    uint32 inputLength;
    /// elements of the whole output vector, gaps between aligned outputs included
    uint32 outputLength;
    address publisher;
}
