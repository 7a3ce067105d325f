using System.Globalization;
using Orleans.Storage;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>Grain state on a <see cref="Disk"/>, through the serializer that the silo stores with.</summary>
internal sealed class DiskStates(Disk disk, Power power, IGrainStorageSerializer serializer) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        power.Check();
        lock (disk.Lock)
        {
            grainState.RecordExists = disk.States.TryGetValue((stateName, grainId.ToString()), out (byte[] Bytes, string ETag) stored);
            grainState.ETag = stored.ETag;
            grainState.State = grainState.RecordExists ? serializer.Deserialize<T>(stored.Bytes) : Activator.CreateInstance<T>();
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        byte[] bytes = serializer.Serialize(grainState.State).ToArray();
        lock (disk.Lock)
        {
            power.Check();
            Expect(stateName, grainId, grainState.ETag);
            int version = int.Parse(grainState.ETag ?? "0", CultureInfo.InvariantCulture) + 1;
            grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = true;
            disk.States[(stateName, grainId.ToString())] = (bytes, grainState.ETag);
        }

        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (disk.Lock)
        {
            power.Check();
            Expect(stateName, grainId, grainState.ETag);
            disk.States.Remove((stateName, grainId.ToString()));
            grainState.ETag = null;
            grainState.RecordExists = false;
        }

        return Task.CompletedTask;
    }

    private void Expect(string stateName, GrainId grainId, string? tag)
    {
        string? stored = disk.States.TryGetValue((stateName, grainId.ToString()), out (byte[] Bytes, string ETag) state) ? state.ETag : null;
        if (stored != tag) throw new InconsistentStateException($"{stateName} of {grainId}: stored {stored}, expected {tag}.", stored, tag);
    }
}
