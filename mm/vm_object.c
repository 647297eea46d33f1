#include <assert.h>
#include <mm/vm_object.h>

void vm_object_reference(struct vm_object *object)
{
    if (object)
        object->references++;
}

void vm_object_release(struct vm_object *object)
{
    if (!object)
        return;
    ASSERT(object->references > 0);
    if (--object->references == 0)
        object->operations->release(object);
}
