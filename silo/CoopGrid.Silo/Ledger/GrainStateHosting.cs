using System.Data.Common;
using Orleans.Configuration;
using Orleans.Storage;

namespace CoopGrid.Silo.Ledger;

/// <summary>Orleans' AdoNet storage over a store of ours.</summary>
internal static class GrainStateHosting
{
    /// <summary>Adds it, with Orleans' own compact serializer.</summary>
    /// <param name="invariant">The name under which Orleans loads the database's client.</param>
    /// <param name="source">Gives connections; not disposed of by Orleans.</param>
    /// <param name="name">The storage provider's name.</param>
    public static void AddGrainState(this ISiloBuilder silo, string invariant, DbDataSource source, string name)
    {
        silo.Services.AddOptions<AdoNetGrainStorageOptions>(name).Configure<Orleans.Serialization.Serializer>((options, serializer) =>
        {
            options.Invariant = invariant;
            options.DataSource = source;
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);

            // A member writes a block of keys a minute: emptied rows would pile up for ever.
            options.DeleteStateOnClear = true;
        });
        silo.AddAdoNetGrainStorage(name);
    }
}
