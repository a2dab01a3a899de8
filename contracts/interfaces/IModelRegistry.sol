// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId, ModelRecord, ModelSpec} from "../types/Model.sol";

/// @title Which models exist
/// @notice A model is its spec; its id is the hash of the spec. One slot holds what other contracts need. A model without
/// a plan is registered as *not triable*: its answers can be challenged by nobody, and every reader can see that.
interface IModelRegistry {
    /// @notice `publisher` registered a model. `triable` is false when the spec has no plan.
    event ModelRegistered(ModelId indexed modelId, address indexed publisher, bool indexed triable, ModelSpec spec);
    /// @notice No new jobs for this model. Its bond is free from `bondReleaseAt` on, Unix seconds.
    event ModelRetired(ModelId indexed modelId, uint64 bondReleaseAt);
    /// @notice A trial proved that the model's plan is malformed. No new jobs, for ever; its bond is the court's to use.
    event ModelCondemned(ModelId indexed modelId);
    event PublisherBondSet(uint256 publisherBond);

    error ModelRegistryUnauthorized(address caller);
    error ModelRegistryUnknownModel(ModelId modelId);
    error ModelRegistryAlreadyRegistered(ModelId modelId);
    error ModelRegistryNotPublisher(address caller, address publisher);
    error ModelRegistryNotActive(ModelId modelId);
    error ModelRegistryNotRetired(ModelId modelId);
    error ModelRegistryBondLocked(ModelId modelId, uint256 releaseAt);
    error ModelRegistryUnsupportedSemantics(uint32 semanticsVersion);
    error ModelRegistryFeeTooHigh(uint256 publisherFeeBps, uint256 max);
    error ModelRegistryInvalidInput(uint256 index);
    error ModelRegistryInvalidOutput(uint256 index);
    error ModelRegistryInvalidFile();
    /// @notice Thrown when plan root, plan length and trace length are not all set or all zero.
    error ModelRegistryInvalidPlan();
    error ModelRegistryBondTooHigh(uint256 bond, uint256 max);

    /// @notice The id of a spec.
    function modelIdOf(ModelSpec calldata spec) external pure returns (ModelId);

    /// @notice The slot of a model; all zero when it was never registered.
    function recordOf(ModelId modelId) external view returns (ModelRecord memory);

    /// @notice Whether `modelId` may be requested, and how many elements its input and output vectors have.
    function lengthsOf(ModelId modelId) external view returns (bool active, uint256 inputLength, uint256 outputLength);

    /// @notice Whether an answer of this model can be decided by the chain itself.
    function isTriable(ModelId modelId) external view returns (bool);

    /// @notice What a publisher must bond for each model, token units, taken from its `Settlement` balance.
    function publisherBond() external view returns (uint256);

    /// @notice Registers a model. Only its publisher.
    function register(ModelSpec calldata spec) external returns (ModelId modelId);

    /// @notice Ends new requests. Only the publisher. Running jobs are not touched.
    function retire(ModelId modelId) external;

    /// @notice Returns the bond of a retired model to its publisher once no job of it can be running. Anybody may call.
    function releaseBond(ModelId modelId) external;

    /// @notice Ends a model for ever, whatever its status was. Only the trial court, for a plan that it has proven malformed.
    function condemn(ModelId modelId) external;

    /// @notice Sets the bond of future models, at most `PUBLISHER_BOND_MAX`. Governance only.
    function setPublisherBond(uint256 newBond) external;
}
